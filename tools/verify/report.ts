import type { Verdict } from './verify.js';

/** Whether the ledger is right: nothing differs and no rule is broken. What is owed is late, not wrong. */
export function isRight({ audit }: Verdict): boolean {
  return audit.findings.total === 0;
}

/** Writes what a verification came to, for a person. */
export function describeVerdict(verdict: Verdict): string {
  const { audit, head, readModels, owedLegs, unownedReservations } = verdict;
  const { findings } = audit;
  const facts: [string, string][] = [
    ['events read', `${audit.events} up to position ${audit.position} (head ${head})`],
    ['accounts', `${audit.accounts.size}`],
    ['transactions', `${audit.posted} posted, ${audit.authorized} authorized, ${audit.rejected} rejected`],
    ['entries', `${audit.entries}`],
    ...readModels.map(({ name, position, accounts }): [string, string] => [
      `PostgreSQL ${name}`,
      `${accounts === null ? 'every row' : `${accounts} accounts`}, compared at position ${position}`,
    ]),
    [
      'balances and rows that differ',
      `${findings.countOf('entries and legs differ') + findings.countOf('PostgreSQL differs')}`,
    ],
    ['unbalanced transactions', `${findings.countOf('transaction does not balance')}`],
    ['entries without a posted leg', `${findings.countOf('entry without a posted leg')}`],
    ['floors broken', `${findings.countOf('below its floor')}`],
    ['unsettled legs', owing(owedLegs)],
    ['reservations without an owner', owing(unownedReservations)],
  ];
  const lines = [
    table([
      ['currency', 'debits', 'credits', 'difference'],
      ...[...audit.currencies]
        .toSorted()
        .map(([currency, { debits, credits }]) => [
          currency,
          `${debits}`,
          `${credits}`,
          `${debits - credits}`,
        ]),
    ]),
    '',
    table(facts),
    '',
    ...findings.shown.map(({ kind, sentence }) => `${kind}: ${sentence}`),
  ];
  const hidden = findings.total - findings.shown.length;
  if (hidden > 0) lines.push(`... and ${hidden} more.`);
  lines.push(
    isRight(verdict)
      ? `The ledger is right: account streams${readModels.length === 0 ? ' and transaction streams' : ', transaction streams and PostgreSQL'} agree.`
      : `The ledger is wrong in ${findings.total} places.`,
    scope(readModels),
  );
  return lines.join('\n');
}

/** What the verdict is about, and what it is not. */
function scope(readModels: Verdict['readModels']): string {
  if (readModels.length === 0) return 'PostgreSQL has no read models yet: only the streams were compared.';
  const names = readModels.map(({ name }) => name).join(', ');
  return `Compared in PostgreSQL: ${names}. Counters are not: their digests are, by \`npm run rebuild -- counters\`.`;
}

function owing({ all, overdue }: { readonly all: number; readonly overdue: number }): string {
  if (all === 0) return '0';
  return overdue === 0
    ? `${all} in flight`
    : `${all}, ${overdue} of them overdue: start the ledger to finish them`;
}

/** Columns padded to their widest cell; the first one to the left, the others to the right when they are numbers. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column > 0 && row.length > 2
            ? cell.padStart(widths[column] ?? 0)
            : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
