/**
 * Every refusal the write side can give, in the order the ladders ask. Codes are stable: never reused, never renamed.
 *
 * `frozen` refusals depend on the state of the ledger and are recorded as the key's final outcome (`TransactionRejected`);
 * the others depend on the request alone (or on what it names) and store nothing.
 */
export const REFUSALS = {
  'effective-time-too-far-ahead': { frozen: false },
  'currency-must-exist': { frozen: false },
  'accounts-must-differ': { frozen: false },
  'legs-must-balance': { frozen: false },
  'account-must-exist': { frozen: false },
  'currency-must-match-account': { frozen: false },
  'account-must-not-be-closed': { frozen: true },
  'account-must-not-be-closing': { frozen: true },
  'account-must-not-be-frozen': { frozen: true },
  'hold-must-reserve': { frozen: false },
  'expiry-must-be-ahead': { frozen: false },
  'expiry-too-far-ahead': { frozen: false },
  'expiry-must-be-later': { frozen: false },
  'hold-must-exist': { frozen: false },
  'hold-is-already-captured': { frozen: true },
  'hold-is-already-voided': { frozen: true },
  'hold-is-expired': { frozen: true },
  'hold-has-too-many-legs': { frozen: true },
  'hold-has-too-many-captures': { frozen: true },
  'capture-must-name-legs': { frozen: true },
  'leg-must-be-held': { frozen: true },
  'capture-exceeds-held': { frozen: true },
  'transaction-must-be-reversible': { frozen: false },
  'reversed-leg-must-exist': { frozen: false },
  'transaction-is-already-reversed': { frozen: true },
  'reversal-exceeds-posted': { frozen: true },
  'condition-must-hold': { frozen: true },
  'insufficient-funds': { frozen: true },
  'account-has-too-many-reservations': { frozen: false },
  'parent-must-exist': { frozen: false },
  'parent-must-be-open': { frozen: false },
  'hierarchy-too-deep': { frozen: false },
  'account-is-already-frozen': { frozen: false },
  'account-is-not-frozen': { frozen: false },
  'account-is-already-closing': { frozen: false },
  'account-is-already-open': { frozen: false },
  'account-balance-must-be-zero': { frozen: false },
  'overdraft-limit-must-cover-use': { frozen: false },
  'idempotency-key-reused': { frozen: false },
  'transaction-must-exist': { frozen: false },
  'counter-is-derived': { frozen: false },
  'counter-name-is-reserved': { frozen: false },
  'occurrence-too-far-ahead': { frozen: false },
  'counter-defined-otherwise': { frozen: false },
} as const satisfies Record<string, { readonly frozen: boolean }>;

export type RefusalCode = keyof typeof REFUSALS;

/** An expected "no": which rule, where in the request, and the figures that explain it. */
export interface Refusal {
  readonly code: RefusalCode;
  /** JSON pointer into the request body, or null when no single field is meant. */
  readonly pointer: string | null;
  /** Text facts for the problem document: amounts as digits, ids, currency codes. */
  readonly details: Readonly<Record<string, string>>;
}

/** Builds a refusal. */
export function refusal(
  code: RefusalCode,
  pointer: string | null = null,
  details: Readonly<Record<string, string>> = {},
): Refusal {
  return { code, pointer, details };
}
