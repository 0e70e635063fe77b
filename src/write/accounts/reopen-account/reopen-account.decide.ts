import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideAdministration } from '../administration.js';
import type { ReopenAccountRequest } from './reopen-account.command.js';

/** Takes a close back, done or under way. */
export function decideReopen(request: ReopenAccountRequest): DecideAdministration {
  return (account, { commandId, now }) => {
    const { accountId, status } = account;
    if (status === 'open' || status === 'frozen') {
      return refused(refusal('account-is-already-open', null, { accountId, status }));
    }
    return success([
      (answer) => ({ type: 'AccountReopened', data: { commandId, at: now, answer, reason: request.reason } }),
    ]);
  };
}
