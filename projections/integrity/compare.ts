import type { Audit } from './audit.js';
import type { AuditedAccount } from './audited-account.js';
import type { Findings } from './findings.js';
import type { ReadModel, ReadModelRow } from './read-models.js';
import type { DifferingRows } from './row-digests.js';

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
  if (model.rows !== null) compareAccounts(audit, model, model.rows, findings);
  return model.digests.flatMap((each) => audit.rows.differing(each));
}

function compareAccounts(
  audit: Audit,
  model: ReadModel,
  rows: ReadonlyMap<string, ReadModelRow>,
  findings: Findings,
): void {
  for (const account of audit.accounts.values()) {
    const row = rows.get(account.accountId);
    const hasMoved = account.legs.debits + account.legs.credits > 0n;
    // A journal has rows only for accounts that money moved on.
    if (row === undefined && model.name === 'entries' && !hasMoved) continue;
    const difference = row === undefined ? 'no row' : differenceOf(account, row);
    if (difference === null) continue;
    findings.add(
      'PostgreSQL differs',
      `${model.name} of account ${account.accountId} at position ${model.position}: ${difference}.`,
    );
  }
  for (const { accountId } of rows.values()) {
    if (audit.accounts.has(accountId)) continue;
    findings.add(
      'PostgreSQL differs',
      `${model.name} has a row for account ${accountId}, which the log does not have.`,
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
