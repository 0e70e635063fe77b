import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { assert } from '../../src/kernel/assert.js';
import {
  LEDGER_POSTINGS_COUNTER,
  LEDGER_POSTINGS_PARTS,
  type CounterFilter,
  type CounterPart,
} from '../../src/write/counters/events.js';
import { activityKey, agrees, keyOf, shardHash } from './counter-key.js';

type Handled = Extract<
  RecordedLedgerEvent,
  { type: 'ActivitiesRecorded' | 'CounterDefined' | 'TransactionPosted' }
>;

/** A counter of posted legs. */
export interface Definition {
  readonly companyId: string;
  readonly counter: string;
  readonly by: readonly CounterPart[];
  readonly where: CounterFilter;
}

/** What every company has. */
const POSTINGS: Omit<Definition, 'companyId'> = {
  counter: LEDGER_POSTINGS_COUNTER,
  by: LEDGER_POSTINGS_PARTS,
  where: { kind: null, currency: null, direction: null },
};

/** What became of what one counter was sent. */
export interface Total {
  readonly companyId: string;
  readonly counter: string;
  /** Null on one that is stored already. */
  readonly begun: { readonly number: bigint; readonly position: bigint } | null;
  counted: number;
  duplicates: number;
  late: number;
  strays: number;
  dropped: number;
}

/** One thing to count, as it was met. */
export interface Occurrence {
  readonly total: Total;
  readonly key: string;
  readonly atMs: number;
  readonly value: bigint;
  readonly hash: number;
  /** What an activity is recognised by; null on a leg, which is met once. */
  readonly id: string | null;
  /** The clock of the counters when it was met. */
  readonly clockMs: number;
}

/** Which definitions and counters a batch has to know before it is read. */
export interface Wanted {
  readonly companyIds: readonly string[];
  readonly counters: readonly { readonly companyId: string; readonly counter: string }[];
}

/** What is stored of what a batch wanted. */
export interface Stored {
  /** Null before the first event. */
  readonly clockMs: number | null;
  /** How many counters have been numbered. */
  readonly counters: bigint;
  readonly definitions: readonly Definition[];
  /** The counters among the wanted, and of the definitions, that were met before. */
  readonly met: readonly { readonly companyId: string; readonly counter: string }[];
}

/** A batch as a list of things to count, in order. */
export interface Collected {
  readonly occurrences: readonly Occurrence[];
  readonly defined: readonly (Definition & { readonly position: bigint })[];
  readonly totals: readonly Total[];
  readonly clockMs: number;
  readonly counters: bigint;
}

/** Which definitions and counters a batch needs to know. */
export function wantedBy(events: readonly RecordedLedgerEvent[]): Wanted {
  const companyIds = new Set<string>();
  const counters = new Map<string, { companyId: string; counter: string }>();
  for (const event of events) {
    assertHandled(event);
    const { companyId } = event.data;
    companyIds.add(companyId);
    if (event.type === 'TransactionPosted') continue;
    const named = event.type === 'CounterDefined' ? [event.data] : event.data.activities;
    for (const { counter } of named) counters.set(`${companyId}\n${counter}`, { companyId, counter });
  }
  for (const companyId of companyIds) {
    counters.set(`${companyId}\n${LEDGER_POSTINGS_COUNTER}`, { companyId, counter: LEDGER_POSTINGS_COUNTER });
  }
  return { companyIds: [...companyIds], counters: [...counters.values()] };
}

/**
 * Reads a batch. A name belongs to whatever came first in the log: activities sent to a derived counter are strays, and a
 * definition of a counter that has activities already is none.
 */
export function collect(events: readonly RecordedLedgerEvent[], stored: Stored): Collected {
  const reading = new Reading(stored);
  for (const event of events) {
    assertHandled(event);
    reading.add(event);
  }
  return reading.result();
}

class Reading {
  private clockMs: number;
  private counters: bigint;
  private readonly occurrences: Occurrence[] = [];
  private readonly defined: (Definition & { readonly position: bigint })[] = [];
  private readonly totals = new Map<string, Total>();
  private readonly met: ReadonlySet<string>;
  /** By company, in the order of the log. */
  private readonly definitions = new Map<string, Definition[]>();
  private readonly derived = new Set<string>();

  constructor(stored: Stored) {
    this.clockMs = stored.clockMs ?? Number.NEGATIVE_INFINITY;
    this.counters = stored.counters;
    this.met = new Set(stored.met.map(({ companyId, counter }) => `${companyId}\n${counter}`));
    for (const definition of stored.definitions) this.know(definition);
  }

  add(event: Handled): void {
    this.clockMs = Math.max(this.clockMs, event.recordedAtMs);
    if (event.type === 'ActivitiesRecorded') this.addActivities(event);
    else if (event.type === 'TransactionPosted') this.addLegs(event);
    else this.define(event);
  }

  result(): Collected {
    const { occurrences, defined, clockMs, counters } = this;
    return { occurrences, defined, totals: [...this.totals.values()], clockMs, counters };
  }

  private addActivities({ data, position }: Extract<Handled, { type: 'ActivitiesRecorded' }>): void {
    const { companyId } = data;
    for (const { id, counter, key, occurredAt, value } of data.activities) {
      const total = this.totalOf(companyId, counter, position);
      if (counter === LEDGER_POSTINGS_COUNTER || this.derived.has(`${companyId}\n${counter}`)) {
        total.strays += 1;
        continue;
      }
      const recognised = activityKey(companyId, counter, id);
      this.occurrences.push({
        total,
        key,
        atMs: Date.parse(occurredAt),
        value: BigInt(value),
        hash: shardHash(recognised),
        id: recognised,
        clockMs: this.clockMs,
      });
    }
  }

  private addLegs({ data, position }: Extract<Handled, { type: 'TransactionPosted' }>): void {
    const { companyId } = data;
    const postings = { companyId, ...POSTINGS };
    for (const definition of [postings, ...(this.definitions.get(companyId) ?? [])]) {
      const total = this.totalOf(companyId, definition.counter, position);
      const { legs, dropped } = countedLegs(definition, data);
      total.dropped += dropped;
      for (const { key, ...counted } of legs) {
        this.occurrences.push({ total, key, ...counted, id: null, clockMs: this.clockMs });
      }
    }
  }

  private define({ data, position }: Extract<Handled, { type: 'CounterDefined' }>): void {
    const { companyId, counter, by, where } = data;
    const name = `${companyId}\n${counter}`;
    if (this.met.has(name) || this.totals.has(name)) return;
    const definition = { companyId, counter, by, where };
    this.totalOf(companyId, counter, position);
    this.know(definition);
    this.defined.push({ ...definition, position });
  }

  private know(definition: Definition): void {
    const { companyId, counter } = definition;
    this.derived.add(`${companyId}\n${counter}`);
    const others = this.definitions.get(companyId);
    if (others === undefined) this.definitions.set(companyId, [definition]);
    else others.push(definition);
  }

  private totalOf(companyId: string, counter: string, position: bigint): Total {
    const name = `${companyId}\n${counter}`;
    const known = this.totals.get(name);
    if (known !== undefined) return known;
    const isNew = !this.met.has(name);
    if (isNew) this.counters += 1n;
    const begun = isNew ? { number: this.counters, position } : null;
    const total = { companyId, counter, begun, counted: 0, duplicates: 0, late: 0, strays: 0, dropped: 0 };
    this.totals.set(name, total);
    return total;
  }
}

/** What a counter counts of a transaction. */
export interface CountableLegs {
  /** Each leg it agrees with, at its effective time, with its amount. */
  readonly legs: readonly Pick<Occurrence, 'key' | 'atMs' | 'value' | 'hash'>[];
  /** How many more it would count, were their keys not too long. */
  readonly dropped: number;
}

/** Finds what a counter counts of a transaction. */
export function countedLegs(
  { by, where }: Pick<Definition, 'by' | 'where'>,
  posted: Extract<Handled, { type: 'TransactionPosted' }>['data'],
): CountableLegs {
  const legs: CountableLegs['legs'][number][] = [];
  let dropped = 0;
  const atMs = Date.parse(posted.effectiveAt);
  for (const [index, leg] of posted.legs.entries()) {
    if (!agrees(where, posted, leg)) continue;
    const found = keyOf(by, posted, leg);
    if (found === 'too-long') dropped += 1;
    else if (found !== null) {
      const hash = shardHash(posted.transactionId, index);
      legs.push({ key: found.key, atMs, value: BigInt(leg.amount), hash });
    }
  }
  return { legs, dropped };
}

function assertHandled(event: RecordedLedgerEvent): asserts event is Handled {
  assert(
    event.type === 'ActivitiesRecorded' ||
      event.type === 'CounterDefined' ||
      event.type === 'TransactionPosted',
    `${event.type} is counted nowhere.`,
  );
}
