import { assert } from '../../../kernel/assert.js';
import { refused, success } from '../../../kernel/result.js';
import { restOf } from '../../posting/parent.decide.js';
import type { DecideHoldAdministration } from '../administration.js';
import { endedRule } from '../hold-rules.js';
import type { VoidHoldRequest } from './void-hold.command.js';

/** Gives back what is not captured. A capture that is under way still takes its part. */
export function decideVoid(request: VoidHoldRequest): DecideHoldAdministration {
  return ({ hold }, { commandId, now }) => {
    assert(hold, 'Only holds are administered as holds.');
    const ended = endedRule(hold, Date.parse(now));
    if (ended) return refused(ended);
    const { transactionId } = hold.authorized.data;
    const released = restOf(hold, commandId);
    return success([
      (answer) => ({
        type: 'HoldVoided',
        data: { transactionId, commandId, at: now, answer, reason: request.reason, released },
      }),
    ]);
  };
}
