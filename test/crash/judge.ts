import type { History } from '../../tools/demo/history.js';
import type { LedgerLog } from './ledger-log.js';
import type { Market, Transfer } from './market.js';

/**
 * Holds what the clients saw against the log: an answer `ok` means that it stands there, `fail` that it does not, and
 * no answer means either. Nothing stands there that nobody sent, and what was over before something began stands before it.
 *
 * @param log at rest, read to its end
 * @returns what is wrong, a sentence each
 */
export function judge(
  history: History,
  sent: ReadonlyMap<string, Transfer>,
  market: Market,
  log: LedgerLog,
): string[] {
  const faults = [...log.faults(), ...log.owed];
  for (const { key, what } of history.lines) {
    const outcomes = log.byKey.get(key)?.outcomes ?? [];
    if (what === 'ok' && !outcomes.includes('posted')) faults.push(`${key} was ok and is lost`);
    if (what === 'fail' && outcomes.includes('posted')) faults.push(`${key} was refused and is posted`);
  }
  const posted: Transfer[] = [];
  for (const [key, { outcomes, entries }] of log.byKey) {
    const transfer = sent.get(key);
    if (transfer === undefined) {
      if (!market.depositKeys.includes(key)) faults.push(`${key} was never sent`);
    } else if (outcomes.includes('posted')) {
      posted.push(transfer);
      if (entries.length !== 2 || entries.some((times) => times !== 1)) {
        faults.push(`${key} has entries ${entries.join(', ')}`);
      }
    }
  }
  for (const [accountId, balance] of market.balancesAfter(posted)) {
    const logged = log.balance(accountId);
    if (logged !== balance) faults.push(`${accountId} holds ${logged}, the clients' books say ${balance}`);
  }
  for (const key of history.outOfOrder()) faults.push(`${key} stands before what was over when it began`);
  return faults;
}
