import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { Latencies, type LatencySummary } from './load/latency.js';

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

/** Reads a counter of the API's metrics, all its labels together; 0 when it is not there. */
export async function readCounter(origin: string, name: string): Promise<number> {
  const { body } = await request(`${origin}/metrics`, {
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
  });
  const lines = (await body.text()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Looks at the lag again and again, until it is ended. */
export class LagWatch {
  private readonly seen = new Latencies();
  private readonly ending = new AbortController();
  private readonly watching: Promise<void>;

  constructor(private readonly origin: string) {
    this.watching = this.watch();
  }

  async end(): Promise<LatencySummary> {
    this.ending.abort();
    await this.watching;
    return this.seen.summary();
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      this.seen.record((await readLag(this.origin)).lagMs);
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
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
