import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideAdministration } from '../administration.js';
import type { UnfreezeAccountRequest } from './unfreeze-account.command.js';

/** Lets a frozen account take part in transactions again. */
export function decideUnfreeze(request: UnfreezeAccountRequest): DecideAdministration {
  return (account, { commandId, now }) => {
    const { accountId, status } = account;
    if (status !== 'frozen') return refused(refusal('account-is-not-frozen', null, { accountId, status }));
    return success([
      (answer) => ({ type: 'AccountUnfrozen', data: { commandId, at: now, answer, reason: request.reason } }),
    ]);
  };
}
