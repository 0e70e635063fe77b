import { assert } from '../../../kernel/assert.js';
import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideAdministration, UnansweredEvent } from '../administration.js';
import { available } from '../state.js';
import type { ChangeAccountRequest } from './change-account.command.js';

/**
 * Changes what may change on an account: name, metadata, overdraft limit.
 *
 * A new limit must cover what the account has overdrawn or reserved already. It binds what is decided after it: a leg that
 * was decided while the account had no limit is still committed and settles.
 */
export function decideChange(request: ChangeAccountRequest): DecideAdministration {
  return (account, { commandId, now }) => {
    const { accountId, status } = account;
    if (status === 'closed') return refused(refusal('account-must-not-be-closed', null, { accountId }));
    const { name = account.name, metadata = account.metadata, overdraftLimit } = request;
    const events: UnansweredEvent[] = [];
    if (overdraftLimit !== undefined) {
      if (overdraftLimit !== null && available(account) < -BigInt(overdraftLimit)) {
        const details = { accountId, available: available(account).toString() };
        return refused(refusal('overdraft-limit-must-cover-use', '/overdraftLimit', details));
      }
      events.push((answer) => ({
        type: 'OverdraftLimitChanged',
        data: { commandId, at: now, answer, overdraftLimit },
      }));
    }
    if (request.name !== undefined || request.metadata !== undefined) {
      events.push((answer) => ({
        type: 'AccountMetadataChanged',
        data: { commandId, at: now, answer, name, metadata },
      }));
    }
    assert(events.length > 0, 'A change names at least one field: the edge refuses an empty one.');
    return success(events);
  };
}
