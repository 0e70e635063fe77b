import type { EventMetadata, EventStore, NewEvent } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { assert } from '../../src/kernel/assert.js';
import type { Result } from '../../src/kernel/result.js';
import { accountStream, type AccountEvent, type AccountOpened } from '../../src/write/accounts/events.js';
import type { AccountTask } from '../../src/write/accounts/executors.js';
import type { AccountState } from '../../src/write/accounts/state.js';
import { decideRelease, decideReserve } from '../../src/write/posting/reserve.decide.js';
import type { Refusal } from '../../src/write/refusals.js';
import { ACCOUNT_ID, AT, entry, idOf, opened } from './account-history.js';
import type { InMemoryEventStore } from './in-memory-event-store.js';

export const STREAM = accountStream(ACCOUNT_ID);

export const METADATA: EventMetadata = {
  $correlationId: 'correlation',
  $causationId: 'causation',
  actor: 'tester',
  companyId: 'default',
  requestId: 'request',
  schemaVersion: 1,
};

/** Options of a task that a spec may set. */
type TaskOptions = Partial<Pick<AccountTask<unknown>, 'deadlineMs' | 'owed' | 'alone' | 'afterRevision'>>;

const PATIENT: TaskOptions & { deadlineMs: number } = { deadlineMs: Number.POSITIVE_INFINITY };

/** Makes an account event one that can be appended. */
export function asNew(name: string, { type, data }: AccountEvent): NewEvent {
  return { id: idOf(name), type, data, metadata: METADATA };
}

/** Opens the account of these specs in a store. */
export async function openIn(
  store: EventStore,
  overrides: Partial<AccountOpened['data']> = {},
): Promise<void> {
  await store.append(STREAM, 'no_stream', [asNew('opened', opened(overrides))]);
}

/** Books an unchecked credit of this amount, once per name. */
export function booking(name: string, amount: bigint, options: TaskOptions = {}): AccountTask<string> {
  return {
    ...PATIENT,
    ...options,
    metadata: METADATA,
    doneWhen: idOf(name),
    decide: (state) => ({
      events: [{ id: idOf(name), event: entry(known(state), 'credit', amount) }],
      result: name,
    }),
  };
}

/** Reserves this amount, if it is available. */
export function reserving(
  name: string,
  amount: bigint,
  options: TaskOptions = {},
): AccountTask<Result<unknown, Refusal>> {
  return {
    ...PATIENT,
    ...options,
    metadata: METADATA,
    decide: (state) => {
      const account = known(state);
      const decided = decideReserve(account, aLeg(account, amount), {
        reservationId: idOf(name),
        transactionId: idOf(`transaction ${name}`),
        attemptId: idOf(`attempt ${name}`),
        requestHash: 'hash',
        leg: 0,
        now: AT,
      });
      assert('ok' in decided, 'These tasks have no rivals: each is its own transaction.');
      const events = decided.ok ? decided.value : [];
      return { events: events.map((event) => ({ id: idOf(name), event })), result: decided };
    },
  };
}

/** Releases a reservation made under this name. */
export function releasing(name: string, options: TaskOptions = {}): AccountTask<undefined> {
  return {
    ...PATIENT,
    ...options,
    metadata: METADATA,
    decide: (state) => ({
      events: decideRelease(known(state), idOf(name), AT).map((event) => ({
        id: idOf(`${name} ${event.type}`),
        event,
      })),
      result: undefined,
    }),
  };
}

/** A checked leg of this amount that lowers the account's balance. */
export function aLeg(account: AccountState, amount: bigint) {
  return {
    accountId: account.accountId,
    direction: account.type === 'asset' || account.type === 'expense' ? 'credit' : 'debit',
    amount,
    currency: account.currency,
    pointers: { account: '/from', amount: '/amount', currency: '/currency' },
    checked: true,
    held: null,
    afterRevision: 0n,
  } as const;
}

/** The account's events as they stand in the store. */
export function eventsOf(store: InMemoryEventStore): AccountEvent[] {
  return store.log
    .filter(({ streamName }) => streamName === STREAM)
    .map((recorded) => {
      const { type, data } = toLedgerEvent(recorded);
      return { type, data } as AccountEvent;
    });
}

/** The names of the events that stand, by the ids the tasks gave them. */
export function idsIn(store: InMemoryEventStore): string[] {
  return store.log.filter(({ streamName }) => streamName === STREAM).map(({ id }) => id);
}

function known(state: AccountState | null): AccountState {
  assert(state !== null, 'The account of these specs was opened.');
  return state;
}
