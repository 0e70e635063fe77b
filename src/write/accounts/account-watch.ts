import { limits } from '../../config/limits.js';
import { isStoreAway, type EventStore, type RecordedEvent } from '../../edges/event-store/event-store.js';
import { KNOWN_EVENT_TYPES } from '../../edges/event-store/ledger-event.js';
import { typesBut } from '../followed-types.js';
import { pause } from '../patience.js';
import { ACCOUNT_STREAM_PREFIX, type AccountEvent } from './events.js';
import type { AccountExecutors } from './executors.js';

const KNOWN = new Set<string>(KNOWN_EVENT_TYPES);

/** The events that change what may happen on an account. Everything else is checked at the revision of an append anyway. */
const WATCHED: readonly AccountEvent['type'][] = [
  'AccountFrozen',
  'AccountUnfrozen',
  'AccountClosing',
  'AccountClosed',
  'AccountReopened',
  'OverdraftLimitChanged',
];
const UNWATCHED = typesBut(WATCHED);

/**
 * Learns within milliseconds when another process froze, closed or limited an account that this process keeps in memory.
 *
 * It also learns of events that this version can't read, written by a newer one: the account is then read before the next decision, which
 * fails until this process is upgraded. What an event means that is unknown can't be known, so nothing is decided in spite of it.
 *
 * A leg that needs no reservation is decided on the state in memory, so that state must not be old. While the watch can't
 * follow the log, nothing is decided on memory: every account is read first.
 */
export class AccountWatch {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Everything up to here was considered; what happened before the start is read with each account. */
  private after: bigint | undefined;
  /** The unreadable types the log was told of. */
  private readonly told = new Set<string>();

  constructor(
    private readonly store: EventStore,
    private readonly accounts: AccountExecutors,
    private readonly log: (message: string) => void,
  ) {}

  /** Until it has caught up for the first time, nothing is decided on memory. */
  start(): void {
    this.accounts.trustMemory(false);
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        this.after ??= await this.store.headPosition();
        await this.follow(this.after);
      } catch (error) {
        if (!isStoreAway(error)) {
          this.log(
            `Accounts are read before each decision until the log can be followed again: ${String(error)}`,
          );
        }
      }
      this.accounts.trustMemory(false);
      await pause(this.accounts.patience, limits.watchRestartMs, signal);
    }
  }

  private async follow(after: bigint): Promise<void> {
    const { signal } = this.stopping;
    for await (const message of this.store.subscribeAll({ after, exceptEventTypes: UNWATCHED, signal })) {
      switch (message.kind) {
        case 'caught-up':
          this.accounts.trustMemory(true);
          break;
        case 'checkpoint':
          this.after = message.position;
          break;
        case 'event':
          this.note(message.event);
          this.after = message.event.position;
      }
    }
  }

  private note({ streamName, revision, type }: RecordedEvent): void {
    if (!streamName.startsWith(ACCOUNT_STREAM_PREFIX)) return;
    this.accounts.noteRevision(streamName.slice(ACCOUNT_STREAM_PREFIX.length), revision);
    if (KNOWN.has(type) || this.told.has(type) || this.told.size >= limits.unreadableTypesToldMax) return;
    this.told.add(type);
    this.log(
      `Commands on ${streamName}, and on every account with events of this type, fail: ${type} at revision ${revision} is unknown to this version. Upgrade this process.`,
    );
  }
}
