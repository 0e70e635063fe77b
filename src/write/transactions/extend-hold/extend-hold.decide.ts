import { assert } from '../../../kernel/assert.js';
import { refused, success } from '../../../kernel/result.js';
import { refusal } from '../../refusals.js';
import type { DecideHoldAdministration } from '../administration.js';
import { endedRule, expiryRule } from '../hold-rules.js';
import type { ExtendHoldRequest } from './extend-hold.command.js';

/** Lets a hold that has not ended live longer. */
export function decideExtend({ expiresAt }: ExtendHoldRequest): DecideHoldAdministration {
  return ({ hold }, { commandId, now }) => {
    assert(hold, 'Only holds are administered as holds.');
    const why = endedRule(hold, Date.parse(now)) ?? expiryRule(Date.parse(expiresAt), Date.parse(now));
    if (why) return refused(why);
    const { transactionId } = hold.authorized.data;
    if (Date.parse(expiresAt) <= Date.parse(hold.expiresAt)) {
      const details = { holdId: transactionId, expiresAt: hold.expiresAt };
      return refused(refusal('expiry-must-be-later', '/expiresAt', details));
    }
    return success([
      (answer) => ({ type: 'HoldExtended', data: { transactionId, commandId, at: now, answer, expiresAt } }),
    ]);
  };
}
