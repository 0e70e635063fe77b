import { limits } from '../../config/limits.js';
import { pause } from '../patience.js';
import { fenceAttempts, mayStillCommit, type FenceOn } from './fence.js';
import { readAttempts } from './outcome.js';
import { releaseGuard, releaseReservations, type ReserveOn } from './reserve.js';
import type { AttemptName, Rival } from './road.js';

/**
 * Waits for rivals to come to an outcome; those that don't are fenced off and what they hold is given back, so that a retry
 * is never refused for lack of what its own crashed predecessor set aside.
 *
 * @throws EventStoreUnavailable, AppendOutcomeUnknown
 */
export async function outlastRivals(
  on: ReserveOn & FenceOn,
  { transactionId, now }: Pick<AttemptName, 'transactionId' | 'now'>,
  rivals: readonly Rival[],
): Promise<void> {
  const attemptIds = new Set(rivals.map(({ attemptId }) => attemptId));
  const { patience } = on.accounts;
  const deadlineMs = patience.elapsedMs() + limits.rivalGraceMs;
  while (patience.elapsedMs() < deadlineMs) {
    const attempts = await readAttempts(on.store, transactionId);
    if (![...attemptIds].some((attemptId) => mayStillCommit(attempts, attemptId))) break;
    await pause(patience, limits.rivalLookMs * (0.5 + patience.chance()));
  }
  const attempts = await fenceAttempts(on, transactionId, attemptIds, on.metadata);
  // A rival that did commit uses what it holds.
  const winner = attempts.outcome?.event.data.attemptId;
  await Promise.allSettled(
    rivals
      .filter(({ attemptId }) => attemptId !== winner)
      .map(({ attemptId, holds }) =>
        holds.kind === 'claim'
          ? releaseGuard(on, holds.parent, { transactionId, attemptId, now })
          : releaseReservations(on, [{ ...holds, revision: 0n }], now),
      ),
  );
}
