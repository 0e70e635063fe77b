import type { RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import { auditAccountEvent, auditClaim } from './account-events.js';
import { Books } from './books.js';
import { auditTransactionEvent } from './transaction-events.js';
import { Broken, must, type Promised, type Violation } from './violation.js';

/**
 * Judges the log, event by event, as it grows: every prefix of every stream has to keep every promise.
 *
 * It has its own books in plain maps and takes nothing from the code it judges but the shapes of the events.
 */
export class Auditor extends Books {
  readonly violations: Violation[] = [];
  private readonly eventIds = new Set<string>();
  private readonly revisions = new Map<string, bigint>();

  /** Takes in the next event of the log. */
  observe(event: RecordedEvent): void {
    this.judge(event.position, () => {
      const last = this.revisions.get(event.streamName) ?? -1n;
      this.revisions.set(event.streamName, event.revision);
      must(
        event.revision === last + 1n,
        'streams-are-contiguous',
        () => `${event.streamName} goes on after ${last} with ${event.revision}`,
      );
      must(!this.eventIds.has(event.id), 'streams-are-contiguous', () => `event ${event.id} stands twice`);
      this.eventIds.add(event.id);
      if (event.streamName.startsWith('account-')) auditAccountEvent(this, event);
      else if (event.streamName.startsWith('transaction-')) auditTransactionEvent(this, event);
      else if (event.streamName.startsWith('accountCommand-')) auditClaim(this, event);
    });
  }

  /** Runs a check and keeps what it finds. */
  judge(position: bigint | null, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.violations.push({ promise: error.promise, what: error.message, position });
    }
  }

  /** Keeps a broken promise that somebody else found. */
  report(promise: Promised, what: string): void {
    this.violations.push({ promise, what, position: null });
  }
}
