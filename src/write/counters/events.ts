import type { Instant } from '../../kernel/clock.js';
import type { Direction } from '../../kernel/money.js';

/** What happens to one counter: the events of `counter-{counterId}`, as they are stored. */
export type CounterEvent = CounterDefined;

/** What the legs of posted transactions are told apart by: one part of a counter's key. */
export type CounterPart = 'account' | 'kind' | 'direction' | 'currency' | `metadata.${string}`;

/** Which legs are counted: those that agree with each field that is not null. */
export interface CounterFilter {
  /** The kind of the transaction. */
  readonly kind: string | null;
  readonly currency: string | null;
  readonly direction: Direction | null;
}

/** A counter that is derived from the ledger itself: one count per posted leg, at its effective time, with its amount. */
export interface CounterDefined {
  readonly type: 'CounterDefined';
  readonly data: {
    /** Names the counter for ever: UUIDv5 of the company and the counter's name. */
    readonly counterId: string;
    readonly companyId: string;
    /** Its name in the company: kebab-case, not beginning with `ledger-`. */
    readonly counter: string;
    /** 1 to `counterPartsMax` different ones in the order of the key, `account` or `currency` among them: no sum mixes currencies. */
    readonly by: readonly CounterPart[];
    readonly where: CounterFilter;
    readonly definedAt: Instant;
  };
}

export const COUNTER_STREAM_PREFIX = 'counter-';

/** The stream of one counter's definition. */
export function counterStream(counterId: string): string {
  return `${COUNTER_STREAM_PREFIX}${counterId}`;
}

/** The counter every company has: posted legs by account, kind and direction. */
export const LEDGER_POSTINGS_COUNTER = 'ledger-postings';

/** How names of counters begin that only this ledger gives. */
export const RESERVED_COUNTER_PREFIX = 'ledger-';

/** What `ledger-postings` tells legs apart by, in the order of its keys. */
export const LEDGER_POSTINGS_PARTS: readonly CounterPart[] = ['account', 'kind', 'direction'];
