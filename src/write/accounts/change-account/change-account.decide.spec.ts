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
import { AssertionFailure } from '../../../kernel/assert.js';
import type { AccountState } from '../state.js';
import type { ChangeAccountRequest } from './change-account.command.js';
import { decideChange } from './change-account.decide.js';

const facts = { commandId: idOf('command'), now: AT };
const { answer } = byCommand('command');
const made = { commandId: facts.commandId, at: AT, answer };

function eventsOf(request: ChangeAccountRequest, account: AccountState) {
  const decided = decideChange(request)(account, facts);
  return decided.ok ? decided.value.map((event) => event(answer)) : decided.refusal;
}

/** Overdrawn by 40, with 2 more set aside. */
function overdrawn(): AccountState {
  const unlimited = opened({ overdraftLimit: null });
  return fold(unlimited, entry(fold(unlimited), 'debit', 40n), reserved('held', 2n));
}

describe('changing an account', () => {
  const account = fold(opened({ name: 'Old', metadata: { kept: 'yes' } }));

  it('takes a new name and keeps the metadata', () => {
    expect(eventsOf({ name: 'New' }, account)).toEqual([
      { type: 'AccountMetadataChanged', data: { ...made, name: 'New', metadata: { kept: 'yes' } } },
    ]);
  });

  it('replaces the metadata as a whole and keeps the name', () => {
    expect(eventsOf({ metadata: {} }, account)).toEqual([
      { type: 'AccountMetadataChanged', data: { ...made, name: 'Old', metadata: {} } },
    ]);
  });

  it('of the limit alone is one event of its own', () => {
    expect(eventsOf({ overdraftLimit: '9' }, account)).toEqual([
      { type: 'OverdraftLimitChanged', data: { ...made, overdraftLimit: '9' } },
    ]);
    expect(eventsOf({ overdraftLimit: null }, account)).toEqual([
      { type: 'OverdraftLimitChanged', data: { ...made, overdraftLimit: null } },
    ]);
  });

  it('of everything is two events that stand together', () => {
    expect(eventsOf({ name: 'New', metadata: { a: 'b' }, overdraftLimit: '9' }, account)).toMatchObject([
      { type: 'OverdraftLimitChanged', data: { overdraftLimit: '9' } },
      { type: 'AccountMetadataChanged', data: { name: 'New', metadata: { a: 'b' } } },
    ]);
  });

  it('takes a limit that covers exactly what is used and reserved, and none below it', () => {
    expect(eventsOf({ overdraftLimit: '42' }, overdrawn())).toMatchObject([
      { type: 'OverdraftLimitChanged' },
    ]);
    expect(eventsOf({ overdraftLimit: '41' }, overdrawn())).toEqual({
      code: 'overdraft-limit-must-cover-use',
      pointer: '/overdraftLimit',
      details: { accountId: account.accountId, available: '-42' },
    });
    expect(eventsOf({ overdraftLimit: null }, overdrawn())).toMatchObject([
      { type: 'OverdraftLimitChanged' },
    ]);
  });

  it.each(['frozen', 'closing'] as const)('is possible while it is %s', (status) => {
    expect(eventsOf({ name: 'New' }, inStatus(status))).toMatchObject([{ type: 'AccountMetadataChanged' }]);
  });

  it('that is closed is refused before its limit is asked', () => {
    expect(
      eventsOf({ name: 'New', overdraftLimit: '0' }, { ...overdrawn(), status: 'closed' }),
    ).toMatchObject({
      code: 'account-must-not-be-closed',
      pointer: null,
    });
  });

  it('to nothing is our own mistake: the edge refuses it', () => {
    expect(() => eventsOf({}, account)).toThrow(AssertionFailure);
  });
});
