import { describe, expect, it } from '@jest/globals';
import { AT, byCommand, idOf, inStatus } from '../../../../test/support/account-history.js';
import { decideReopen } from './reopen-account.decide.js';

const facts = { commandId: idOf('command'), now: AT };
const { answer } = byCommand('command');

describe('reopening an account', () => {
  it.each(['closing', 'closed'] as const)('that is %s', (status) => {
    const decided = decideReopen({ reason: 'a mistake' })(inStatus(status), facts);
    expect(decided.ok && decided.value.map((event) => event(answer))).toEqual([
      { type: 'AccountReopened', data: { commandId: facts.commandId, at: AT, answer, reason: 'a mistake' } },
    ]);
  });

  it.each(['open', 'frozen'] as const)('that is %s is refused', (status) => {
    const account = inStatus(status);
    expect(decideReopen({ reason: null })(account, facts)).toEqual({
      ok: false,
      refusal: {
        code: 'account-is-already-open',
        pointer: null,
        details: { accountId: account.accountId, status },
      },
    });
  });
});
