import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';
import { TRANSACTION_STREAM_PREFIX } from '../../src/write/transactions/events.js';
import { Audit } from '../../projections/integrity/audit.js';

const LOOK_MS = 200;
const OWED_SHOWN = 5;

/** What the log says of one key. */
export interface LoggedCommand {
  readonly transactionId: string;
  readonly outcomes: ('posted' | 'authorized' | 'rejected')[];
  /** Entries by leg; empty for a hold. */
  readonly entries: number[];
  /** Where its outcome stands. */
  position: bigint;
}

/** How far a transaction has come. */
export interface Standing {
  /** Its outcome is recorded. */
  readonly isCommitted: boolean;
  /** Reservations in its name, on accounts and on its parent. */
  readonly reserved: number;
  /** Steps of settling that are still to be done. */
  readonly owed: number;
}

/**
 * The log as it grows, audited at every prefix, with what became of each key.
 *
 * Nothing here is known from the processes: only from what they wrote.
 */
export class LedgerLog {
  readonly audit = new Audit();
  readonly byKey = new Map<string, LoggedCommand>();
  /** Reservations on a parent's stream, and commits its stream does not know of yet. */
  readonly claims = new Set<string>();
  /** Transaction streams with a revision too many or too few. */
  readonly gaps: string[] = [];
  private readonly byId = new Map<string, LoggedCommand>();
  private readonly revisions = new Map<string, bigint>();
  private position: bigint | 'start' = 'start';

  constructor(private readonly store: EventStore) {}

  /** Reads what was written since. */
  async catchUp(): Promise<this> {
    for await (const recorded of this.store.readAll({ after: this.position })) {
      this.position = recorded.position;
      const { streamName, revision } = recorded;
      const isTransaction = streamName.startsWith(TRANSACTION_STREAM_PREFIX);
      if (!isTransaction && !streamName.startsWith(ACCOUNT_STREAM_PREFIX)) continue;
      const last = this.revisions.get(streamName) ?? -1n;
      if (revision !== last + 1n) this.gaps.push(`${streamName} has ${revision} after ${last}`);
      this.revisions.set(streamName, revision);
      const event = toLedgerEvent(recorded);
      this.audit.add(event);
      this.note(event);
    }
    return this;
  }

  /**
   * Waits until nothing is owed any more.
   *
   * @throws Error with what still is
   */
  async rest(withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while ((await this.catchUp()).owed.length > 0) {
      if (performance.now() > deadlineMs) {
        const shown = this.owed.slice(0, OWED_SHOWN).join('; ');
        throw new Error(`After ${withinMs} ms ${this.owed.length} are still owed: ${shown}`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Legs without an entry, reservations without an owner, parents' streams without a conclusion: a line each. */
  get owed(): string[] {
    return [
      ...[...this.audit.owed.keys()].map((leg) => `leg ${leg} has no entry`),
      ...this.audit.unowned().map(({ transactionId }) => `funds are reserved for ${transactionId}`),
      ...[...this.claims].map((claim) => `${claim} is under way`),
    ];
  }

  /** How far a transaction has come. */
  standing(transactionId: string): Standing {
    const isOwn = (name: string): boolean => name.startsWith(`${transactionId}/`);
    const claims = [...this.claims].filter(isOwn).length;
    const open = [...this.audit.reservations.values()].filter((each) => each.transactionId === transactionId);
    const isCommitted = this.byId.has(transactionId);
    return {
      isCommitted,
      reserved: open.length + claims,
      owed: isCommitted ? [...this.audit.owed.keys()].filter(isOwn).length + claims : 0,
    };
  }

  /** Everything that is wrong whatever the clients did. Call it once, at the end. */
  faults(): string[] {
    this.audit.compareStreams();
    const faults = this.audit.findings.shown.map(({ kind, sentence }) => `${kind}: ${sentence}`);
    for (const [key, { outcomes, entries }] of this.byKey) {
      if (outcomes.length !== 1) faults.push(`${key} has outcomes ${outcomes.join(', ')}`);
      if (entries.some((times) => times > 1)) faults.push(`${key} has entries ${entries.join(', ')}`);
    }
    return [...faults, ...this.gaps];
  }

  /** Balance of an account, signed by its normal side, from its entries. */
  balance(accountId: string): bigint {
    return this.audit.accounts.get(accountId)?.balance ?? 0n;
  }

  private note(event: RecordedLedgerEvent): void {
    switch (event.type) {
      case 'TransactionPosted':
      case 'TransactionAuthorized':
      case 'TransactionRejected':
        this.noteOutcome(event);
        return;
      case 'EntryPosted': {
        const { transactionId, leg } = event.data;
        const command = this.byId.get(transactionId);
        if (command) command.entries[leg] = (command.entries[leg] ?? 0) + 1;
        return;
      }
      case 'CaptureReserved':
        this.claims.add(`${event.data.captureId}/${event.data.attemptId}`);
        return;
      case 'IncreaseReserved':
        this.claims.add(`${event.data.increaseId}/${event.data.attemptId}`);
        return;
      case 'ReversalReserved':
        this.claims.add(`${event.data.reversalId}/${event.data.attemptId}`);
        return;
      case 'CaptureReleased':
      case 'HoldCaptured':
        this.claims.delete(`${event.data.captureId}/${event.data.attemptId}`);
        return;
      case 'ReversalReleased':
      case 'TransactionReversed':
        this.claims.delete(`${event.data.reversalId}/${event.data.attemptId}`);
        return;
      case 'IncreaseReleased':
      case 'HoldIncreased':
        this.claims.delete(`${event.data.increaseId}/${event.data.attemptId}`);
        return;
      default:
        return;
    }
  }

  private noteOutcome(
    event: Extract<
      RecordedLedgerEvent,
      { type: 'TransactionPosted' | 'TransactionAuthorized' | 'TransactionRejected' }
    >,
  ): void {
    const { transactionId, idempotencyKey, attemptId } = event.data;
    const command: LoggedCommand = this.byKey.get(idempotencyKey) ?? {
      transactionId,
      outcomes: [],
      entries: event.type === 'TransactionPosted' ? event.data.legs.map(() => 0) : [],
      position: event.position,
    };
    this.byKey.set(idempotencyKey, command);
    this.byId.set(transactionId, command);
    switch (event.type) {
      case 'TransactionPosted':
        command.outcomes.push('posted');
        break;
      case 'TransactionAuthorized':
        command.outcomes.push('authorized');
        if (event.data.parent) this.claims.add(`${transactionId}/${attemptId}`);
        break;
      case 'TransactionRejected':
        command.outcomes.push('rejected');
    }
  }
}
