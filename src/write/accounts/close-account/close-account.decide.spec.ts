import { describe, expect, it } from '@jest/globals';
import {
  AT,
  byCommand,
  entry,
  fold,
  idOf,
  inStatus,
  opened,
  reserved,
} from '../../../../test/support/account-history.js';
import type { AccountState } from '../state.js';
import { decideClose } from './close-account.decide.js';

const facts = { commandId: idOf('command'), now: AT };
const { answer } = byCommand('command');
const funded = [opened(), entry(fold(opened()), 'credit', 30n)] as const;

function eventsOf(account: AccountState) {
  const decided = decideClose({ reason: 'moved away' })(account, facts);
  return decided.ok ? decided.value.map((event) => event(answer)) : decided.refusal;
}

describe('closing an account', () => {
  const closing = {
    type: 'AccountClosing',
    data: { commandId: facts.commandId, at: AT, answer, reason: 'moved away' },
  };
  const closed = { type: 'AccountClosed', data: { commandId: facts.commandId, at: AT, answer } };

  it('with nothing on it and nothing in flight takes both steps at once', () => {
    expect(eventsOf(fold(opened()))).toEqual([closing, closed]);
  });

  it('whose balance is all reserved takes the first step: the last one in flight takes the second', () => {
    expect(eventsOf(fold(...funded, reserved('a', 10n), reserved('b', 20n)))).toEqual([closing]);
  });

  it.each(['closing', 'closed'] as const)('that is %s is refused before anything else is asked', (status) => {
    expect(eventsOf(inStatus(status, ...funded))).toEqual({
      code: 'account-is-already-closing',
      pointer: null,
      details: { accountId: fold(opened()).accountId, status },
    });
  });

  it('that is frozen is refused before its balance is asked', () => {
    expect(eventsOf(inStatus('frozen', ...funded))).toMatchObject({ code: 'account-must-not-be-frozen' });
  });

  it.each([
    ['has money on it', fold(...funded), { balance: '30', reserved: '0' }],
    [
      'has more on it than is reserved',
      fold(...funded, reserved('a', 29n)),
      { balance: '30', reserved: '29' },
    ],
    [
      'is overdrawn',
      fold(opened({ overdraftLimit: null }), entry(fold(opened({ overdraftLimit: null })), 'debit', 5n)),
      { balance: '-5', reserved: '0' },
    ],
    [
      'has nothing on it but something reserved',
      fold(opened({ overdraftLimit: '9' }), reserved('a', 9n)),
      { balance: '0', reserved: '9' },
    ],
  ] as const)('that %s is refused', (_, account, figures) => {
    expect(eventsOf(account)).toEqual({
      code: 'account-balance-must-be-zero',
      pointer: null,
      details: { accountId: account.accountId, ...figures },
    });
  });
});
