import { randomUUID } from 'node:crypto';
import type { EventStore, NewEvent } from '../../src/edges/event-store/event-store.js';
import type { LedgerEvent, RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import type { CounterFilter, CounterPart } from '../../src/write/counters/events.js';
import type { Direction } from '../../src/kernel/money.js';

/** One activity as a spec thinks of it. */
export interface SpecActivity {
  readonly id: string;
  readonly counter?: string;
  readonly key?: string;
  /** Epoch seconds, fractions allowed. */
  readonly at: number;
  readonly value?: bigint;
}

export interface SpecLeg {
  readonly accountId: string;
  readonly direction: Direction;
  readonly amount: bigint;
  readonly currency?: string;
}

/** A log of what counters are made of, with recorded times as a spec wants them: each event a second after the one before. */
export class CountedLog {
  readonly events: RecordedLedgerEvent[] = [];

  /** @param beginAt epoch seconds */
  constructor(public recordedAt: number) {}

  activities(activities: readonly SpecActivity[], companyId = 'default'): void {
    this.add('activities-0', {
      type: 'ActivitiesRecorded',
      data: {
        companyId,
        activities: activities.map(({ id, counter = 'clicks', key = 'home', at, value = 1n }) => ({
          ...{ id, counter, key },
          occurredAt: toInstant(at * 1000),
          value: `${value}`,
        })),
      },
    });
  }

  define(
    counter: string,
    by: readonly CounterPart[],
    where: Partial<CounterFilter> = {},
    companyId = 'default',
  ): void {
    this.add(`counter-${companyId}-${counter}`, {
      type: 'CounterDefined',
      data: {
        ...{ counterId: randomUUID(), companyId, counter, by },
        where: { kind: null, currency: null, direction: null, ...where },
        definedAt: toInstant(this.recordedAt * 1000),
      },
    });
  }

  /** @param at epoch seconds: the effective time */
  post(
    legs: readonly SpecLeg[],
    at: number,
    options: {
      readonly kind?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly companyId?: string;
    } = {},
  ): void {
    const { kind = 'transfer', metadata = {}, companyId = 'default' } = options;
    const transactionId = randomUUID();
    this.add(`transaction-${transactionId}`, {
      type: 'TransactionPosted',
      data: {
        ...{ transactionId, companyId, attemptId: transactionId, kind, metadata },
        ...{ description: null, reference: null, parent: null },
        effectiveAt: toInstant(at * 1000),
        recordedAt: toInstant(this.recordedAt * 1000),
        legs: legs.map(({ accountId, direction, amount, currency = 'EUR' }) => ({
          ...{ accountId, direction, currency, amount: `${amount}`, reservationId: null, afterRevision: '0' },
        })),
        ...{ idempotencyKey: transactionId, requestHash: 'hash', request: {} },
      },
    });
  }

  private add(streamName: string, event: LedgerEvent): void {
    const position = BigInt(this.events.length + 1) * 10n;
    this.events.push({
      ...event,
      ...{ id: randomUUID(), streamName, revision: 0n, position, metadata: {} },
      recordedAtMs: Math.round(this.recordedAt * 1000),
    });
    this.recordedAt += 1;
  }
}

function newEvent({ type, data }: LedgerEvent): NewEvent {
  const id = randomUUID();
  const metadata = { $correlationId: id, $causationId: id, actor: 'spec', companyId: 'default' };
  return { id, type, data, metadata: { ...metadata, requestId: id, schemaVersion: 1 } };
}

/** Writes an activity on counter `clicks`, key `home`, straight into a store; one of now unless `atMs` says otherwise. */
export async function recordClick(store: EventStore, id: string, atMs = Date.now()): Promise<void> {
  const activity = { id, counter: 'clicks', key: 'home', occurredAt: toInstant(atMs), value: '1' };
  const data = { companyId: 'default', activities: [activity] };
  await store.appendUnordered('activities-0', newEvent({ type: 'ActivitiesRecorded', data }));
}

/** Defines a counter, straight into a store. */
export async function defineCounter(
  store: EventStore,
  counter: string,
  by: readonly CounterPart[],
  where: Partial<CounterFilter> = {},
): Promise<void> {
  const data = {
    ...{ counterId: randomUUID(), companyId: 'default', counter, by, definedAt: toInstant(Date.now()) },
    where: { kind: null, currency: null, direction: null, ...where },
  };
  await store.append(`counter-${data.counterId}`, 'no_stream', [newEvent({ type: 'CounterDefined', data })]);
}

/** Whether no counter lacks history from before its definition. */
export async function areCountersFilledIn(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ done: boolean }>(
    'select not exists (select from ledger.counter_definitions where backfilled_to < until_position) as done',
  );
  return rows[0]?.done === true;
}
