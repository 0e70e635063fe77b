import { toDecimal } from './amount-text.js';
import type { StatementLine, StatementPage } from './statement.query.js';

/** RFC 4180: comma, CRLF, quotes doubled, a header line. UTF-8. Texts of clients are quoted, all else holds nothing to quote. */
const END_OF_LINE = '\r\n';

const COLUMNS = [
  'row',
  'effective_at',
  'recorded_at',
  'transaction_id',
  'leg',
  'kind',
  'description',
  'reference',
  'reverses',
  'direction',
  'amount_minor',
  'amount',
  'balance_minor',
  'balance',
  'currency',
];

/** What a spreadsheet takes for a formula, full-width signs included: it is shown as it is when an apostrophe stands before it. */
const FORMULA = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** The header line, and the opening balance as the first row. */
export function csvHead(page: StatementPage): string {
  return COLUMNS.join(',') + END_OF_LINE + balanceRow('opening', page.from, page.opening, page);
}

/** A row for each line. */
export function csvLines(page: StatementPage): string {
  return page.lines.map((line) => lineRow(line, page)).join('');
}

/** The closing balance as the last row. */
export function csvFoot(page: StatementPage): string {
  return balanceRow('closing', page.to, page.closing, page);
}

function balanceRow(row: string, at: string, balance: bigint, { exponent, currency }: StatementPage): string {
  return toRow([
    row,
    at,
    ...Array<string>(10).fill(''),
    `${balance}`,
    toDecimal(balance, exponent),
    currency,
  ]);
}

function lineRow(line: StatementLine, { exponent, currency }: StatementPage): string {
  return toRow([
    'entry',
    line.effectiveAt,
    line.recordedAt,
    line.transactionId,
    `${line.leg}`,
    toText(line.kind),
    toText(line.description),
    toText(line.reference),
    line.reverses ?? '',
    line.direction,
    `${line.amount}`,
    toDecimal(line.amount, exponent),
    `${line.balance}`,
    toDecimal(line.balance, exponent),
    currency,
  ]);
}

/** A text that a client wrote: whatever separates cells elsewhere begins none in it. */
function toText(text: string | null): string {
  if (text === null) return '';
  const shown = FORMULA.test(text) ? `'${text}` : text;
  return `"${shown.replaceAll('"', '""')}"`;
}

function toRow(cells: readonly string[]): string {
  return cells.join(',') + END_OF_LINE;
}
