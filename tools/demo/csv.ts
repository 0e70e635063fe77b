import { readFile, stat } from 'node:fs/promises';

/** A file is read whole: enough for a million rows, and far from the memory of any machine. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** The file can't be used; the message is one sentence that names the file, the line and what to do. */
export class CsvRefused extends Error {
  override readonly name = 'CsvRefused';
}

/** One row under its header. */
export interface CsvRow<Column extends string> {
  /** 1-based line of the file on which the row begins. */
  readonly line: number;
  readonly fields: { readonly [Name in Column]: string };
}

/**
 * Reads a CSV file (RFC 4180, UTF-8, with a header line) that has exactly the columns asked for, in any order.
 *
 * @throws CsvRefused for a missing, oversized or malformed file
 */
export async function readCsv<const Column extends string>(
  file: string,
  columns: readonly Column[],
): Promise<CsvRow<Column>[]> {
  return parseCsv(await readText(file), columns, file);
}

/**
 * Parses CSV text: fields may be quoted, a quote inside is doubled, lines end in CRLF or LF.
 *
 * @param name how messages call the text
 * @throws CsvRefused naming the first line that is wrong
 */
export function parseCsv<const Column extends string>(
  text: string,
  columns: readonly Column[],
  name: string,
): CsvRow<Column>[] {
  const [header, ...records] = toRecords(text, name);
  if (header === undefined) {
    throw new CsvRefused(`${name} is empty: its first line must be ${columns.join(',')}.`);
  }
  const places = findColumns(header.fields, columns, name);
  return records.map(({ line, fields }) => {
    if (fields.length !== columns.length) {
      throw new CsvRefused(
        `${name} line ${line} has ${fields.length} fields, but the header has ${columns.length}: correct that line.`,
      );
    }
    const named = places.map(([column, place]) => [column, fields[place] ?? '']);
    return { line, fields: Object.fromEntries(named) as CsvRow<Column>['fields'] };
  });
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) {
      throw new CsvRefused(
        `${file} has ${size} bytes, more than the ${FILE_BYTES_MAX} that are read: split it.`,
      );
    }
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof CsvRefused) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `can't be read (${code ?? message})`;
    throw new CsvRefused(`${file} ${why}: name a CSV file.`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CsvRefused(`${file} is not UTF-8 text: convert it first.`);
  }
}

function findColumns<Column extends string>(
  header: readonly string[],
  columns: readonly Column[],
  name: string,
): [Column, number][] {
  const unknown = header.find((title) => !columns.some((column) => column === title));
  const wanted = `the columns are ${columns.join(',')}`;
  if (unknown !== undefined)
    throw new CsvRefused(`${name} line 1 has an unknown column "${unknown}": ${wanted}.`);
  const twice = header.find((title, place) => header.indexOf(title) !== place);
  if (twice !== undefined) throw new CsvRefused(`${name} line 1 has the column "${twice}" twice: ${wanted}.`);
  return columns.map((column) => {
    const place = header.indexOf(column);
    if (place === -1) throw new CsvRefused(`${name} line 1 lacks the column "${column}": ${wanted}.`);
    return [column, place];
  });
}

interface CsvRecord {
  readonly line: number;
  readonly fields: string[];
}

/** A field at the place it is looked for: quoted as a whole, or without any quote. */
const QUOTED = /"([^"]*(?:""[^"]*)*)"/y;
const PLAIN = /[^",\r\n]*/y;
const LINE_END = /\r?\n/y;

function toRecords(text: string, name: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let place = text.startsWith('\uFEFF') ? 1 : 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = place;
    const found = pattern.exec(text);
    if (found) place = pattern.lastIndex;
    return found;
  };
  while (place < text.length) {
    const record: CsvRecord = { line, fields: [] };
    records.push(record);
    for (;;) {
      const quoted = take(QUOTED);
      if (!quoted && text[place] === '"') {
        throw new CsvRefused(`${name} line ${line} has a quoted field that never ends: close its quote.`);
      }
      const field = quoted?.[1]?.replaceAll('""', '"') ?? take(PLAIN)?.[0] ?? '';
      record.fields.push(field);
      line += field.split('\n').length - 1;
      if (text[place] === ',') {
        place += 1;
        continue;
      }
      if (place === text.length || take(LINE_END)) break;
      throw new CsvRefused(
        `${name} line ${line} has ${JSON.stringify(text[place])} where a comma or the end of the line belongs: quote the whole field and double the quotes in it.`,
      );
    }
    line += 1;
  }
  return records;
}
