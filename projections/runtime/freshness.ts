import { limits } from '../../src/config/limits.js';
import type { Projection } from './projection.js';
import type { ProjectionRunner } from './projection-runner.js';

/** The read model did not reach the position a query asked for in time. Retryable. */
export class ProjectionBehind extends Error {
  override readonly name = 'ProjectionBehind';
}

/** Lets a query see what its caller has just written. */
export class Freshness {
  constructor(private readonly runner: ProjectionRunner) {}

  /**
   * Waits, at most `atLeastWaitMsMax`, until a projection's rows contain everything up to a position.
   *
   * @param position null for "as it is now"
   * @throws ProjectionBehind; PostgresUnavailable
   */
  async reach(projection: Projection, position: bigint | null): Promise<void> {
    if (position === null) return;
    const outcome = await this.runner.waitFor(projection.name, position, limits.atLeastWaitMsMax);
    if (outcome === 'reached') return;
    throw new ProjectionBehind(
      outcome === 'stopped'
        ? `The read model ${projection.name} has stopped before position ${position}; the operator has to look.`
        : `The read model ${projection.name} did not reach position ${position} within ${limits.atLeastWaitMsMax} ms.`,
    );
  }
}
