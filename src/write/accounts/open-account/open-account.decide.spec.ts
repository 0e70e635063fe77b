import { describe, expect, it } from '@jest/globals';
import { ACCOUNT_ID, AT, fold, idOf, inStatus, opened } from '../../../../test/support/account-history.js';
import { limits } from '../../../config/limits.js';
import type { AccountState } from '../state.js';
import type { OpenAccountRequest } from './open-account.command.js';
import { decideOpenAccount } from './open-account.decide.js';

const request: OpenAccountRequest = {
  name: 'Customer',
  type: 'liability',
  currency: 'BHD',
  parentId: null,
  overdraftLimit: '0',
  metadata: { tier: 'gold' },
};

function deciding(overrides: Partial<OpenAccountRequest>, parent: AccountState | null = null) {
  const facts = {
    accountId: idOf('new'),
    companyId: 'default',
    idempotencyKey: 'key',
    requestHash: 'hash',
    now: AT,
    parent,
  };
  const decided = decideOpenAccount({ ...request, ...overrides }, facts);
  return decided.ok ? decided.value : decided.refusal;
}

/** A parent with this many ancestors of its own. */
function atDepth(depth: number): AccountState {
  return fold(opened({ ancestorIds: Array.from({ length: depth }, (_, level) => idOf(`level ${level}`)) }));
}

describe('opening an account', () => {
  it('records the request, its key, and the digits its currency has today', () => {
    expect(deciding({})).toEqual({
      type: 'AccountOpened',
      data: {
        accountId: idOf('new'),
        companyId: 'default',
        name: 'Customer',
        accountType: 'liability',
        currency: 'BHD',
        exponent: 3,
        parentId: null,
        ancestorIds: [],
        overdraftLimit: '0',
        metadata: { tier: 'gold' },
        openedAt: AT,
        idempotencyKey: 'key',
        requestHash: 'hash',
        request,
      },
    });
  });

  it('below a parent names the whole line, from the root down', () => {
    const parent = atDepth(2);
    expect(deciding({ parentId: parent.accountId }, parent)).toMatchObject({
      data: { parentId: ACCOUNT_ID, ancestorIds: [idOf('level 0'), idOf('level 1'), ACCOUNT_ID] },
    });
  });

  it('ignores a parent that was not asked for', () => {
    expect(deciding({}, atDepth(0))).toMatchObject({ data: { ancestorIds: [] } });
  });

  it('reaches the greatest depth, and is refused below it', () => {
    const deepest = atDepth(limits.hierarchyDepthMax - 1);
    expect(deciding({ parentId: deepest.accountId }, deepest)).toMatchObject({ type: 'AccountOpened' });
    const tooDeep = atDepth(limits.hierarchyDepthMax);
    expect(deciding({ parentId: tooDeep.accountId }, tooDeep)).toEqual({
      code: 'hierarchy-too-deep',
      pointer: '/parentId',
      details: { depthMax: limits.hierarchyDepthMax.toString() },
    });
  });

  it('is allowed below a frozen parent: a freeze is about money', () => {
    expect(deciding({ parentId: ACCOUNT_ID }, inStatus('frozen'))).toMatchObject({ type: 'AccountOpened' });
  });

  it('is refused in the order of its rules: each request breaks one and every later one it can', () => {
    const tooDeepAndClosed = { ...inStatus('closed'), ancestorIds: atDepth(8).ancestorIds };
    const details = { parentId: ACCOUNT_ID };
    expect(deciding({ currency: 'XXQ', parentId: ACCOUNT_ID }, null)).toEqual({
      code: 'currency-must-exist',
      pointer: '/currency',
      details: { currency: 'XXQ' },
    });
    expect(deciding({ parentId: ACCOUNT_ID }, null)).toEqual({
      code: 'parent-must-exist',
      pointer: '/parentId',
      details,
    });
    expect(deciding({ parentId: ACCOUNT_ID }, tooDeepAndClosed)).toEqual({
      code: 'parent-must-be-open',
      pointer: '/parentId',
      details: { ...details, status: 'closed' },
    });
    expect(deciding({ parentId: ACCOUNT_ID }, { ...tooDeepAndClosed, status: 'closing' })).toMatchObject({
      code: 'parent-must-be-open',
    });
    expect(deciding({ parentId: ACCOUNT_ID }, { ...tooDeepAndClosed, status: 'open' })).toMatchObject({
      code: 'hierarchy-too-deep',
    });
  });
});
