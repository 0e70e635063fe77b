import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideAdministration, UnansweredEvent } from '../administration.js';
import { available, balance } from '../state.js';
import type { CloseAccountRequest } from './close-account.command.js';

/**
 * Closes an account whose balance is zero, or will be once its reservations are settled: first `closing`, which refuses
 * new transactions, then `closed` when nothing is in flight. Both at once when nothing is.
 */
export function decideClose(request: CloseAccountRequest): DecideAdministration {
  return (account, { commandId, now }) => {
    const { accountId, status } = account;
    if (status === 'closing' || status === 'closed') {
      return refused(refusal('account-is-already-closing', null, { accountId, status }));
    }
    if (status === 'frozen') return refused(refusal('account-must-not-be-frozen', null, { accountId }));
    if (available(account) !== 0n) {
      const details = {
        accountId,
        balance: balance(account).toString(),
        reserved: account.reserved.toString(),
      };
      return refused(refusal('account-balance-must-be-zero', null, details));
    }
    const closing: UnansweredEvent = (answer) => ({
      type: 'AccountClosing',
      data: { commandId, at: now, answer, reason: request.reason },
    });
    const closed: UnansweredEvent = (answer) => ({
      type: 'AccountClosed',
      data: { commandId, at: now, answer },
    });
    return success(account.reservations.size === 0 ? [closing, closed] : [closing]);
  };
}
