import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

const ANSWER_MS_MAX = 15_000;
const LOOK_MS = 50;
const CAUGHT_UP_LOOKS = 2;

/** How far the read models are behind. */
export interface Lag {
  /** Age of the oldest event that some projection has not written; 0 when all are caught up. */
  readonly lagMs: number;
  /** The least of the positions that the projections have come to. */
  readonly position: bigint;
}

interface Readiness {
  readonly projections: readonly {
    readonly state: string;
    readonly position: string | null;
    readonly lagMs: number;
  }[];
}

/** Asks the API how far its projections are behind. */
export async function readLag(origin: string): Promise<Lag> {
  const { body } = await request(`${origin}/readyz`, {
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
  });
  const { projections } = (await body.json()) as Readiness;
  return {
    lagMs: Math.max(0, ...projections.map(({ lagMs }) => lagMs)),
    position: projections
      .map(({ position }) => BigInt(position ?? 0))
      .reduce((least, position) => (position < least ? position : least)),
  };
}

/**
 * Waits until the projections have written everything.
 *
 * @param stallMsMax how long they may stand still
 * @param onLook told how far they are, each time
 * @returns how long it took, or null when they stood still for too long
 */
export async function waitForReadModels(
  origin: string,
  stallMsMax: number,
  onLook: (lag: Lag) => void = () => undefined,
): Promise<number | null> {
  const startedMs = performance.now();
  let movedMs = startedMs;
  let position = -1n;
  for (let caughtUp = 0; caughtUp < CAUGHT_UP_LOOKS;) {
    const lag = await readLag(origin);
    onLook(lag);
    caughtUp = lag.lagMs === 0 ? caughtUp + 1 : 0;
    const nowMs = performance.now();
    if (lag.position !== position) movedMs = nowMs;
    else if (caughtUp === 0 && nowMs - movedMs > stallMsMax) return null;
    ({ position } = lag);
    await sleep(LOOK_MS);
  }
  return performance.now() - startedMs;
}
