import { limits } from '../../config/limits.js';
import type { EventMetadata, EventStore } from '../../edges/event-store/event-store.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import { TryAgain } from '../command.js';
import { eventIdOf } from '../identity.js';
import type { WriteMetrics } from '../metrics.js';
import { transactionStream, type AttemptAbandoned } from '../transactions/events.js';
import { readAttempts, type Attempts } from './outcome.js';

/** What fencing needs besides the attempts. */
export interface FenceOn {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly metrics: WriteMetrics;
}

/**
 * Makes sure that none of these attempts can still commit: either an outcome stands, or each is abandoned on the stream.
 * Whoever commits late then fails at the expected revision.
 *
 * @param seen what the stream was seen to hold, or is supposed to hold: where that is wrong, it is read
 * @returns what the stream holds afterwards, as far as it decides about these attempts
 * @throws TryAgain, EventStoreUnavailable, AppendOutcomeUnknown: the fence may not stand
 */
export async function fenceAttempts(
  { store, clock, metrics }: FenceOn,
  transactionId: string,
  attemptIds: ReadonlySet<string>,
  metadata: EventMetadata,
  seen?: Attempts,
): Promise<Attempts> {
  let attempts = seen ?? (await readAttempts(store, transactionId));
  for (const attemptId of attemptIds) {
    for (let conflicts = 0; mayStillCommit(attempts, attemptId); conflicts += 1) {
      // Whoever asked for the fence must not go on as if it stood.
      if (conflicts > limits.commitConflictsMax) {
        throw new TryAgain(`Transaction ${transactionId} kept changing: send it again with the same key.`);
      }
      const abandoned: AttemptAbandoned = {
        type: 'AttemptAbandoned',
        data: { transactionId, attemptId, at: toInstant(clock.nowMs()) },
      };
      const id = eventIdOf(attemptId, 'abandoned');
      const outcome = await store.append(transactionStream(transactionId), attempts.expected, [
        { id, ...abandoned, metadata },
      ]);
      if (outcome.kind === 'conflict') {
        attempts = await readAttempts(store, transactionId);
        continue;
      }
      metrics.fenced.inc();
      const abandonedNow = new Set(attempts.abandoned).add(attemptId);
      attempts = { ...attempts, expected: outcome.revision, abandoned: abandonedNow };
    }
  }
  return attempts;
}

/** Whether an attempt's commit could still be taken. */
export function mayStillCommit({ outcome, claim, abandoned }: Attempts, attemptId: string): boolean {
  return outcome === null && claim === null && !abandoned.has(attemptId);
}
