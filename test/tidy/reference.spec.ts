import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import ts from 'typescript';
import { configTable } from '../../src/config/config.js';
import { limits } from '../../src/config/limits.js';
import { ANALYST_ROLE } from '../../projections/analysts/analyst-role.js';
import { ANALYST_SCHEMA } from '../../projections/analysts/analysts.table.js';
import { KNOWN_EVENT_TYPES } from '../../src/edges/event-store/ledger-event.js';
import { METRICS } from '../../src/observability/metrics.js';
import { ACCOUNT_TYPES, lowersBalance } from '../../src/kernel/money.js';
import { readRoot, repositoryFiles } from './files.js';
import { ROOT } from './run-tool.js';

/** Pages that are written by hand and say what the code says: here they are held to it. */

/** The rows of a Markdown table, without its head, each as trimmed cells. */
function rowsOf(table: string): string[][] {
  return table
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

/** What stands under a heading, up to the next one of the same level or above. */
function sectionOf(page: string, heading: string): string {
  const [level = ''] = /^#+/.exec(heading) ?? [];
  const begin = page.indexOf(`${heading}\n`);
  if (begin === -1) return '';
  const rest = page.slice(begin + heading.length);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end === -1 ? rest : rest.slice(0, end);
}

/** The first cell of each row, without its backquotes. */
function namesOf(table: string): string[] {
  return rowsOf(table).map(([name = '']) => name.replaceAll('`', ''));
}

describe('README.md', () => {
  it('holds the table of settings as the code has it', async () => {
    const section = sectionOf(await readRoot('README.md'), '## Configuration');
    expect(rowsOf(section)).toEqual(rowsOf(configTable()));
  });
});

describe('docs/reference/limits.md', () => {
  it('names every limit with its value', async () => {
    const page = await readRoot('docs/reference/limits.md');
    const documented = page
      .split(/^## /m)
      .flatMap((section) => rowsOf(section))
      .map(([name = '', value = '']) => [name.replaceAll('`', ''), value]);
    const kept = Object.entries(limits).map(([name, value]) => [name, String(value)]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(kept));
    expect(documented).toHaveLength(kept.length);
  });
});

describe('every page', () => {
  it('names no metric that is not exported', async () => {
    const others = [ANALYST_SCHEMA, ANALYST_ROLE];
    const metrics = new Set<string>([...Object.values(METRICS).map(({ name }) => name), ...others]);
    const unknown = (await repositoryFiles(/\.md$/)).flatMap(({ path: page, text }) =>
      [...text.matchAll(/`(ledger_[a-z_]+)`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !metrics.has(name))
        .map((name) => `${page}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('docs/concepts/double-entry.md', () => {
  it('says of every pair of account types which way a transfer moves their balances', async () => {
    const section = sectionOf(
      await readRoot('docs/concepts/double-entry.md'),
      '## A transfer debits `from` and credits `to`',
    );
    const said = rowsOf(section).map(([from = '', ...cells]) => [
      from,
      ...cells.map((cell) => cell.slice(0, 3)),
    ]);
    const sign = (isLowered: boolean): string => (isLowered ? '-' : '+');
    const order = said.map(([from]) => from);
    expect([...order].sort()).toEqual([...ACCOUNT_TYPES].sort());
    expect(said).toEqual(
      order.map((from) => [
        from,
        ...order.map((to) =>
          [lowersBalance(typeNamed(from), 'debit'), lowersBalance(typeNamed(to), 'credit')]
            .map(sign)
            .join(' '),
        ),
      ]),
    );
  });
});

function typeNamed(name: string | undefined): (typeof ACCOUNT_TYPES)[number] {
  const type = ACCOUNT_TYPES.find((known) => known === name);
  if (type === undefined) throw new Error(`${name} is not an account type.`);
  return type;
}

describe('docs/reference/events.md', () => {
  const declared = declaredEvents(
    ['accounts', 'transactions', 'activities', 'counters'].map((folder) => `src/write/${folder}/events.ts`),
  );

  it('has a section for every event type that can be read, and for no other', async () => {
    const page = await readRoot('docs/reference/events.md');
    const sections = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, type]) => type);
    expect(sections.toSorted()).toEqual([...KNOWN_EVENT_TYPES].sort());
    expect([...declared.keys()].sort()).toEqual([...KNOWN_EVENT_TYPES].sort());
  });

  it.each([...KNOWN_EVENT_TYPES])('names the fields of %s', async (type) => {
    const section = sectionOf(await readRoot('docs/reference/events.md'), `### \`${type}\``);
    const [fields = ''] = section.split(/\nEach (?:leg of `legs`|of `activities`):\n/);
    expect(namesOf(fields).sort()).toEqual(declared.get(type));
  });

  it('names the fields of an activity', async () => {
    const section = sectionOf(await readRoot('docs/reference/events.md'), '### `ActivitiesRecorded`');
    const [, activities = ''] = section.split('\nEach of `activities`:\n');
    const fields = declaredFields('src/write/activities/events.ts', 'RecordedActivity');
    expect(namesOf(activities).sort()).toEqual(fields);
  });

  it('names the fields of a leg', async () => {
    const section = sectionOf(await readRoot('docs/reference/events.md'), '### `TransactionPosted`');
    const [, legs = ''] = section.split('\nEach leg of `legs`:\n');
    expect(namesOf(legs).sort()).toEqual(declaredFields('src/write/transactions/events.ts', 'PostedLeg'));
  });
});

/** Event type -> the fields of its data, sorted; of all forms where it has several. Read off the types, which run time forgets. */
function declaredEvents(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const events = new Map<string, readonly string[]>();
  for (const { checker, declaration } of files.flatMap(interfacesOf)) {
    const type = checker.getTypeAtLocation(declaration);
    const name = type.getProperty('type');
    const data = type.getProperty('data');
    if (name === undefined || data === undefined) continue;
    const literal = checker.getTypeOfSymbolAtLocation(name, declaration);
    if (!literal.isStringLiteral()) continue;
    const forms = checker.getTypeOfSymbolAtLocation(data, declaration);
    const fields = (forms.isUnion() ? forms.types : [forms]).flatMap((form) =>
      form.getProperties().map((field) => field.getName()),
    );
    events.set(literal.value, [...new Set(fields)].sort());
  }
  return events;
}

function declaredFields(file: string, name: string): readonly string[] {
  const found = interfacesOf(file).find(({ declaration }) => declaration.name.text === name);
  if (found === undefined) throw new Error(`${file} declares ${name} no more.`);
  const type = found.checker.getTypeAtLocation(found.declaration);
  return type
    .getProperties()
    .map((field) => field.getName())
    .sort();
}

function interfacesOf(
  file: string,
): { readonly checker: ts.TypeChecker; readonly declaration: ts.InterfaceDeclaration }[] {
  const place = path.join(ROOT, file);
  const program = ts.createProgram([place], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const statements: readonly ts.Statement[] = program.getSourceFile(place)?.statements ?? [];
  return statements.filter(ts.isInterfaceDeclaration).map((declaration) => ({ checker, declaration }));
}
