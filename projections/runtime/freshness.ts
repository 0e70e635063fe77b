import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import type { LogHead } from './log-head.js';
import type { Projection } from './projection.js';
import type { ProjectionRunner } from './projection-runner.js';

/** The read model did not reach the position a query asked for in time. Retryable. */
export class ProjectionBehind extends Error {
  override readonly name = 'ProjectionBehind';
}

/** Nothing was ever written at the position a query asked for: no waiting helps. */
export class PositionAhead extends Error {
  override readonly name = 'PositionAhead';
}

/** Lets a query see what its caller has just written. */
export class Freshness {
  constructor(
    private readonly runner: Pick<ProjectionRunner, 'waitFor'>,
    private readonly head: LogHead,
  ) {}

  /**
   * Waits, at most `atLeastWaitMsMax`, until a projection's rows contain everything up to a position.
   *
   * @param position null for "as it is now"
   * @throws PositionAhead at once for a position that the log does not have, unless the store can't be asked; ProjectionBehind;
   *   PostgresUnavailable
   */
  async reach(projection: Pick<Projection, 'name'>, position: bigint | null): Promise<void> {
    if (position === null) return;
    const startedMs = performance.now();
    const { name } = projection;
    if ((await this.runner.waitFor(name, position, 0)) === 'reached') return;
    if (await this.isAhead(position)) {
      throw new PositionAhead(`The log does not reach position ${position}: send one that an answer gave.`);
    }
    const leftMs = Math.max(0, Math.ceil(limits.atLeastWaitMsMax - (performance.now() - startedMs)));
    const outcome = await this.runner.waitFor(name, position, leftMs);
    if (outcome === 'reached') return;
    throw new ProjectionBehind(
      outcome === 'stopped'
        ? `The read model ${name} has stopped before position ${position}; the operator has to look.`
        : `The read model ${name} did not reach position ${position} within ${limits.atLeastWaitMsMax} ms.`,
    );
  }

  /** A store that does not answer soon has said nothing: the read model may have the position all the same. */
  private async isAhead(position: bigint): Promise<boolean> {
    const given = new AbortController();
    try {
      const inTime = sleep(limits.headLookMsMax, true, { signal: given.signal });
      return !(await Promise.race([this.head.has(position), inTime]));
    } catch {
      return false;
    } finally {
      given.abort();
    }
  }
}
