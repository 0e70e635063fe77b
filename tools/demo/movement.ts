import type { AccountType, Direction } from '../../src/kernel/money.js';

/** An account the demo opens. Plans know it by its label; its id is the ledger's to give. */
export interface PlannedAccount {
  readonly label: string;
  readonly type: AccountType;
  readonly currency: string;
  /** "0" for an account that may never be overdrawn, null for one without a floor. */
  readonly overdraftLimit: '0' | null;
}

export interface PlannedLeg {
  /** The account's label. */
  readonly account: string;
  readonly direction: Direction;
  /** Minor units, greater than zero. */
  readonly amount: bigint;
  readonly currency: string;
}

/** One request to move money, under one idempotency key, with what must come of it. */
export interface Movement {
  readonly key: string;
  /** `transfer` has exactly a debit and a credit and goes to `/v1/transfers`, `transaction` to `/v1/transactions`. */
  readonly form: 'transfer' | 'transaction';
  readonly kind: string;
  readonly reference: string;
  readonly legs: readonly PlannedLeg[];
  /** RFC 3339, or null for now. */
  readonly effectiveAt: string | null;
}

/** A request as it is sent. */
export interface LedgerRequest {
  readonly path: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Where each label's account is to be found. */
export type AccountIds = ReadonlyMap<string, string>;

/**
 * Writes a movement as a request.
 *
 * @throws RangeError for a label without an account, or a transfer that is none
 */
export function toRequest(movement: Movement, ids: AccountIds): LedgerRequest {
  const { key, form, kind, reference, effectiveAt } = movement;
  const shared = { kind, reference, ...(effectiveAt === null ? {} : { effectiveAt }) };
  const legs = movement.legs.map(({ account, direction, amount, currency }) => ({
    accountId: idOf(ids, account),
    direction,
    amount: amount.toString(),
    currency,
  }));
  if (form === 'transaction') return { path: '/v1/transactions', key, body: { ...shared, legs } };
  const [debit, credit, ...others] = legs;
  if (debit?.direction !== 'debit' || credit?.direction !== 'credit' || others.length > 0) {
    throw new RangeError(`Movement ${key} is not a transfer: it needs a debit, then a credit.`);
  }
  const { accountId: from, amount, currency } = debit;
  return { path: '/v1/transfers', key, body: { ...shared, from, to: credit.accountId, amount, currency } };
}

/**
 * Writes another request under the same key: every leg asks for one minor unit more.
 *
 * @returns the request, and the JSON pointers of what differs from the first, sorted
 */
export function toOtherRequest(
  movement: Movement,
  ids: AccountIds,
): { readonly request: LedgerRequest; readonly pointers: readonly string[] } {
  const others = movement.legs.length > 2 ? withDescription(movement, ids) : withMore(movement, ids);
  return { ...others, pointers: [...others.pointers].sort() };
}

function withMore(movement: Movement, ids: AccountIds) {
  const legs = movement.legs.map((leg) => ({ ...leg, amount: leg.amount + 1n }));
  const pointers =
    movement.form === 'transfer' ? ['/amount'] : legs.map((_, index) => `/legs/${index}/amount`);
  return { request: toRequest({ ...movement, legs }, ids), pointers };
}

function withDescription(movement: Movement, ids: AccountIds) {
  const first = toRequest(movement, ids);
  const body = { ...first.body, description: 'Something else' };
  return { request: { ...first, body }, pointers: ['/description'] };
}

function idOf(ids: AccountIds, label: string): string {
  const id = ids.get(label);
  if (id === undefined) throw new RangeError(`Account ${label} was not opened.`);
  return id;
}
