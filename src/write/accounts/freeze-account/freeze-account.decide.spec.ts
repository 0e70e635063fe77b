import { describe, expect, it } from '@jest/globals';
import { AT, byCommand, idOf, inStatus } from '../../../../test/support/account-history.js';
import { decideFreeze } from './freeze-account.decide.js';

const facts = { commandId: idOf('command'), now: AT };
const { answer } = byCommand('command');

describe('freezing an account', () => {
  it('that is open', () => {
    const decided = decideFreeze({ reason: 'court order' })(inStatus('open'), facts);
    expect(decided.ok && decided.value.map((event) => event(answer))).toEqual([
      {
        type: 'AccountFrozen',
        data: { commandId: facts.commandId, at: AT, answer, reason: 'court order' },
      },
    ]);
  });

  it.each([
    ['closed', 'account-must-not-be-closed'],
    ['closing', 'account-must-not-be-closing'],
    ['frozen', 'account-is-already-frozen'],
  ] as const)('that is %s is refused: %s', (status, code) => {
    const account = inStatus(status);
    expect(decideFreeze({ reason: null })(account, facts)).toEqual({
      ok: false,
      refusal: { code, pointer: null, details: { accountId: account.accountId } },
    });
  });
});
