import { describe, expect, it } from '@jest/globals';
import { REFUSALS, refusal } from './refusals.js';

describe('the refusal codes', () => {
  it('are part of the API: none is renamed, and these are frozen with their key', () => {
    const frozen = Object.entries(REFUSALS)
      .filter(([, { frozen }]) => frozen)
      .map(([code]) => code);
    expect(frozen).toEqual([
      'account-must-not-be-closed',
      'account-must-not-be-closing',
      'account-must-not-be-frozen',
      'hold-is-already-captured',
      'hold-is-already-voided',
      'hold-is-expired',
      'hold-has-too-many-legs',
      'hold-has-too-many-captures',
      'capture-must-name-legs',
      'leg-must-be-held',
      'capture-exceeds-held',
      'transaction-is-already-reversed',
      'reversal-exceeds-posted',
      'condition-must-hold',
      'insufficient-funds',
    ]);
    expect(Object.keys(REFUSALS)).toEqual(
      expect.arrayContaining([
        'effective-time-too-far-ahead',
        'currency-must-exist',
        'accounts-must-differ',
        'legs-must-balance',
        'account-must-exist',
        'currency-must-match-account',
        'parent-must-exist',
        'parent-must-be-open',
        'hierarchy-too-deep',
        'account-is-already-frozen',
        'account-is-not-frozen',
        'account-is-already-closing',
        'account-is-already-open',
        'account-balance-must-be-zero',
        'overdraft-limit-must-cover-use',
        'idempotency-key-reused',
        'transaction-must-exist',
        'hold-must-reserve',
        'expiry-must-be-ahead',
        'expiry-too-far-ahead',
        'expiry-must-be-later',
        'hold-must-exist',
        'transaction-must-be-reversible',
        'reversed-leg-must-exist',
        'counter-is-derived',
        'counter-name-is-reserved',
        'occurrence-too-far-ahead',
        'counter-defined-otherwise',
      ]),
    );
  });

  it('stand in the order in which the ladder of a posting asks', () => {
    const ladder = [
      'effective-time-too-far-ahead',
      'currency-must-exist',
      'accounts-must-differ',
      'legs-must-balance',
      'account-must-exist',
      'currency-must-match-account',
      'account-must-not-be-closed',
      'account-must-not-be-closing',
      'account-must-not-be-frozen',
      'insufficient-funds',
      'account-has-too-many-reservations',
    ];
    expect(Object.keys(REFUSALS).filter((code) => ladder.includes(code))).toEqual(ladder);
  });

  it('are words in lower case, joined by hyphens', () => {
    for (const code of Object.keys(REFUSALS)) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)+$/);
  });
});

describe('a refusal', () => {
  it('names no field and no figures unless it is told', () => {
    expect(refusal('insufficient-funds')).toEqual({ code: 'insufficient-funds', pointer: null, details: {} });
    expect(refusal('insufficient-funds', '/amount', { required: '1' })).toEqual({
      code: 'insufficient-funds',
      pointer: '/amount',
      details: { required: '1' },
    });
  });
});
