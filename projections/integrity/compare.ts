import { differenceOfRows, type AccountRow } from './account-rows.js';
import type { Audit } from './audit.js';
import type { AuditedAccount } from './audited-account.js';
import type { Findings } from './findings.js';
import type { ReadModel, ReadModelRow } from './read-models.js';
import type { DifferingRows } from './row-digests.js';

const NO_ROW = 'no row';

/**
 * Compares a read model with the log as it was at the read model's own position: what was written since is not there in
 * either, and a leg that is still owed counts as booked, as the read model does.
 *
 * @param audit has taken every event up to that position and none after it
 * @param findings where accounts that differ are added
 * @returns where single rows differ, each of which `nameRows` can name
 */
export function compareReadModel(
  audit: Audit,
  model: ReadModel,
  findings: Findings,
): readonly DifferingRows[] {
  if (model.rows !== null) compareMoney(audit, model, model.rows, findings);
  if (model.accounts !== null) compareEach(audit, model, model.accounts, findings, differenceOfAccount);
  for (const sentence of model.differences) {
    findings.add('PostgreSQL differs', `At position ${model.position} ${sentence}.`);
  }
  return model.digests.flatMap((each) => audit.rows.differing(each));
}

function compareMoney(
  audit: Audit,
  model: ReadModel,
  rows: ReadonlyMap<string, ReadModelRow>,
  findings: Findings,
): void {
  compareEach(audit, model, rows, findings, (account, row) => {
    const hasMoved = account.legs.debits + account.legs.credits > 0n;
    // A journal has rows only for accounts that money moved on.
    if (row === undefined && model.name === 'entries' && !hasMoved) return null;
    return row === undefined ? NO_ROW : differenceOf(account, row);
  });
}

function differenceOfAccount(account: AuditedAccount, row: AccountRow | undefined): string | null {
  return row === undefined ? NO_ROW : differenceOfRows(row, account.row);
}

/** Takes the accounts of both sides one by one. @param difference what to tell of one; null where nothing differs */
function compareEach<Row>(
  audit: Audit,
  { name, position }: ReadModel,
  rows: ReadonlyMap<string, Row>,
  findings: Findings,
  difference: (account: AuditedAccount, row: Row | undefined) => string | null,
): void {
  for (const account of audit.accounts.values()) {
    const found = difference(account, rows.get(account.accountId));
    if (found === null) continue;
    findings.add(
      'PostgreSQL differs',
      `${name} of account ${account.accountId} at position ${position}: ${found}.`,
    );
  }
  for (const accountId of rows.keys()) {
    if (audit.accounts.has(accountId)) continue;
    findings.add(
      'PostgreSQL differs',
      `${name} has a row for account ${accountId}, which the log does not have.`,
    );
  }
}

function differenceOf(account: AuditedAccount, row: ReadModelRow): string | null {
  const reserved = account.reserved - account.committed;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['currency', row.currency, account.currency],
    ['debits', row.debits, account.legs.debits],
    ['credits', row.credits, account.legs.credits],
    ['reserved', row.reserved ?? reserved, reserved],
    ['sequence', row.sequence, BigInt(account.sequence)],
  ];
  const differing = pairs.filter(([, stored, recomputed]) => stored !== recomputed);
  if (differing.length === 0) return null;
  return differing
    .map(([name, stored, recomputed]) => `${name} ${String(stored)}, the log says ${String(recomputed)}`)
    .join('; ');
}
