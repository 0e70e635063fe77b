import { limits } from '../../../src/config/limits.js';
import {
  AppendOutcomeUnknown,
  EventStore,
  EventStoreUnavailable,
  type Appended,
  type AppendOutcome,
  type ExpectedRevision,
  type NewEvent,
  type ReadStreamOptions,
  type RecordedEvent,
  type StreamPage,
  type SubscribeAllOptions,
  type SubscriptionMessage,
} from '../../../src/edges/event-store/event-store.js';
import { assert } from '../../../src/kernel/assert.js';
import type { Adversary } from './adversary.js';
import type { EventLog, Expectation } from './event-log.js';
import type { Life } from './life.js';
import type { Tally } from './tally.js';
import type { VirtualTime } from './virtual-time.js';

/** Events a subscription passes over between two checkpoints. */
const CHECKPOINT_EVENTS = 100;

/**
 * One process's connection to the shared log, through everything that can go wrong on the way: slow, lost and late messages,
 * answers out of order, a process that dies at any call, a network that is cut. What it promises is what the port promises.
 */
export class Connection extends EventStore {
  constructor(
    private readonly log: EventLog,
    private readonly time: VirtualTime,
    private readonly adversary: Adversary,
    private readonly life: Life,
    private readonly tally: Tally,
  ) {
    super();
  }

  append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    return this.send(streamName, expected, events);
  }

  async appendUnordered(streamName: string, event: NewEvent): Promise<Appended> {
    const outcome = await this.send(streamName, 'any', [event]);
    assert(outcome.kind === 'appended', `Nothing is expected of ${streamName}, so nothing conflicts.`);
    return outcome;
  }

  /** As `append`, for planted bugs too. */
  protected send(
    streamName: string,
    expected: Expectation,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      if (!this.life.isAlive) return;
      const arrive = (): AppendOutcome => this.log.append(streamName, expected, events);
      const giveUp = (ms: number = limits.appendTimeoutMs): void => {
        this.life.deliver(ms, () => {
          reject(new AppendOutcomeUnknown(`Nobody said what became of the append to ${streamName}.`));
        });
      };
      const answer = (outcome: AppendOutcome): void => {
        if (this.life.isCutOff) giveUp();
        else this.life.deliver(this.adversary.latencyMs(), () => resolve(outcome));
      };
      const onTheWay = (ms: number, onArrival: () => void): void => {
        this.time.after(ms, onArrival);
      };
      const fate = this.life.isCutOff
        ? this.adversary.pick(['unavailable', 'request-lost'] as const)
        : this.adversary.appendFate();
      switch (fate) {
        case 'answered':
          onTheWay(this.adversary.latencyMs(), () => answer(arrive()));
          break;
        case 'resent':
          this.tally.resentAppends += 1;
          onTheWay(this.adversary.latencyMs(), arrive);
          onTheWay(this.adversary.latencyMs(), () => answer(arrive()));
          break;
        case 'unavailable':
          this.tally.unavailable += 1;
          this.life.deliver(this.adversary.latencyMs(), () => reject(unavailable()));
          break;
        case 'request-lost':
          this.tally.lostRequests += 1;
          giveUp();
          break;
        case 'answer-lost':
          this.tally.lostAnswers += 1;
          onTheWay(this.adversary.latencyMs(), arrive);
          giveUp();
          break;
        case 'late':
          this.tally.lateAppends += 1;
          onTheWay(this.adversary.wanderingMs(), arrive);
          giveUp();
          break;
        case 'crash-before':
          this.life.crash();
          break;
        case 'crash-under-way':
          onTheWay(this.adversary.latencyMs(), arrive);
          this.life.crash();
          break;
        case 'crash-after':
          onTheWay(this.adversary.latencyMs(), () => {
            arrive();
            this.life.crash();
          });
          break;
      }
    });
  }

  readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    return this.ask(() => this.log.read(streamName, options));
  }

  headPosition(): Promise<bigint> {
    return this.ask(() => this.log.headPosition);
  }

  private ask<Answer>(look: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.life.isAlive) return;
      const fate = this.life.isCutOff ? 'unavailable' : this.adversary.readFate();
      switch (fate) {
        case 'answered':
          this.time.after(this.adversary.latencyMs(), () => {
            const seen = look();
            this.life.deliver(this.adversary.latencyMs(), () => resolve(seen));
          });
          break;
        case 'unavailable':
          this.tally.unavailable += 1;
          this.life.deliver(this.adversary.latencyMs(), () => reject(unavailable()));
          break;
        case 'crash-before':
          this.life.crash();
          break;
      }
    });
  }

  async *readAll({ after }: { readonly after: bigint | 'start' }): AsyncIterable<RecordedEvent> {
    const head = await this.headPosition();
    const last = this.log.countUpTo(head);
    for (let index = this.log.countUpTo(after); index < last; index += 1) {
      const event = this.log.events[index];
      if (event) yield event;
    }
  }

  async *subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionMessage> {
    let index = this.log.countUpTo(options.after);
    let isCaughtUp = false;
    let passedOver = 0;
    let wake: () => void = () => undefined;
    let isBroken = this.life.isCutOff;
    const ends = [
      this.log.listen(() => wake()),
      this.life.onCutOff(() => {
        isBroken = true;
        wake();
      }),
    ];
    const onAbort = (): void => wake();
    const end = (): void => {
      for (const each of ends) each();
      options.signal.removeEventListener('abort', onAbort);
    };
    this.life.onCrash(end);
    options.signal.addEventListener('abort', onAbort);
    try {
      while (!options.signal.aborted) {
        if (isBroken) throw unavailable();
        const event = this.log.events[index];
        if (event) {
          index += 1;
          passedOver += 1;
          if (passes(event, options)) yield { kind: 'event', event };
          else if (passedOver % CHECKPOINT_EVENTS === 0) {
            yield { kind: 'checkpoint', position: event.position };
          }
        } else if (!isCaughtUp) {
          isCaughtUp = true;
          yield { kind: 'caught-up' };
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = () => undefined;
          // Everything appended while the news is on its way comes with it.
          if (!isBroken && !options.signal.aborted) await this.arrival();
        }
      }
    } finally {
      end();
    }
  }

  private arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.life.deliver(this.adversary.newsMs(), resolve);
    });
  }

  keepNewest(): Promise<void> {
    return this.ask(() => undefined);
  }

  storeId(): Promise<string> {
    return this.ask(() => 'simulated');
  }
}

function unavailable(): EventStoreUnavailable {
  return new EventStoreUnavailable('The event store is not reachable.');
}

function passes(event: RecordedEvent, { streamPrefixes, exceptEventTypes }: SubscribeAllOptions): boolean {
  return (
    (streamPrefixes?.some((prefix) => event.streamName.startsWith(prefix)) ?? false) ||
    (exceptEventTypes !== undefined && !exceptEventTypes.includes(event.type))
  );
}
