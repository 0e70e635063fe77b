import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideAdministration } from '../administration.js';
import type { FreezeAccountRequest } from './freeze-account.command.js';

/** Freezes an open account: new transactions are refused, what is committed still settles. */
export function decideFreeze(request: FreezeAccountRequest): DecideAdministration {
  return (account, { commandId, now }) => {
    const { accountId, status } = account;
    if (status === 'closed') return refused(refusal('account-must-not-be-closed', null, { accountId }));
    if (status === 'closing') return refused(refusal('account-must-not-be-closing', null, { accountId }));
    if (status === 'frozen') return refused(refusal('account-is-already-frozen', null, { accountId }));
    return success([
      (answer) => ({ type: 'AccountFrozen', data: { commandId, at: now, answer, reason: request.reason } }),
    ]);
  };
}
