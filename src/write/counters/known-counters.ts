import { LRUCache } from 'lru-cache';
import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import { counterIdOf } from '../identity.js';
import { counterStream } from './events.js';

/**
 * Which counters are derived from the ledger, as this process knows it. A definition is for ever, so that one is derived is
 * remembered; that one is not is believed for `counterLookAgainMs`, because another process may define it.
 */
export class KnownCounters {
  private readonly known = new LRUCache<string, 'derived' | 'not-derived'>({ max: limits.knownCountersMax });

  constructor(private readonly store: EventStore) {}

  /** Remembers a counter whose definition was seen. */
  learn(counterId: string): void {
    this.known.set(counterId, 'derived');
  }

  /**
   * Which of a company's counters are derived.
   *
   * @throws EventStoreUnavailable
   */
  async derivedOf(companyId: string, counters: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const derived = new Set<string>();
    const looks: { readonly counter: string; readonly counterId: string }[] = [];
    for (const counter of counters) {
      const counterId = counterIdOf(companyId, counter);
      const known = this.known.get(counterId);
      if (known === 'derived') derived.add(counter);
      else if (known === undefined) looks.push({ counter, counterId });
    }
    for (let from = 0; from < looks.length; from += limits.counterLooksAtOnceMax) {
      const some = looks.slice(from, from + limits.counterLooksAtOnceMax);
      const found = await Promise.all(some.map(({ counterId }) => this.look(counterId)));
      some.forEach(({ counter }, index) => {
        if (found[index] === true) derived.add(counter);
      });
    }
    return derived;
  }

  private async look(counterId: string): Promise<boolean> {
    if (await this.store.exists(counterStream(counterId))) this.learn(counterId);
    // It may have been defined here while the store was asked.
    if (this.known.get(counterId) === 'derived') return true;
    this.known.set(counterId, 'not-derived', { ttl: limits.counterLookAgainMs });
    return false;
  }
}
