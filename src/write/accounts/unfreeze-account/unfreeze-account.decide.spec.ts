import { describe, expect, it } from '@jest/globals';
import { AT, byCommand, idOf, inStatus } from '../../../../test/support/account-history.js';
import { decideUnfreeze } from './unfreeze-account.decide.js';

const facts = { commandId: idOf('command'), now: AT };
const { answer } = byCommand('command');

describe('unfreezing an account', () => {
  it('that is frozen', () => {
    const decided = decideUnfreeze({ reason: 'lifted' })(inStatus('frozen'), facts);
    expect(decided.ok && decided.value.map((event) => event(answer))).toEqual([
      { type: 'AccountUnfrozen', data: { commandId: facts.commandId, at: AT, answer, reason: 'lifted' } },
    ]);
  });

  it.each(['open', 'closing', 'closed'] as const)('that is %s is refused', (status) => {
    const account = inStatus(status);
    expect(decideUnfreeze({ reason: null })(account, facts)).toEqual({
      ok: false,
      refusal: {
        code: 'account-is-not-frozen',
        pointer: null,
        details: { accountId: account.accountId, status },
      },
    });
  });
});
