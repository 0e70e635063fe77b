import { limits } from '../../src/config/limits.js';
import { assert } from '../../src/kernel/assert.js';
import { readCheckpoint } from './checkpoint.js';
import { FeedHub } from './feed-hub.js';
import { streamsOfAll } from './money-streams.js';
import type { Projection, ProjectionStatus } from './projection.js';
import { Projector, type ProjectorPorts } from './projector.js';

/** How waiting for a position came out. */
export type WaitOutcome = 'reached' | 'behind' | 'stopped';

/**
 * All projections of this process, and how far each has come in whichever process leads it.
 *
 * A process that only answers queries constructs one and never starts it.
 */
export class ProjectionRunner {
  private readonly projectors: ReadonlyMap<string, Projector>;

  constructor(
    projections: readonly Projection[],
    private readonly ports: Omit<ProjectorPorts, 'feeds'>,
  ) {
    const feeds = new FeedHub(ports.store, streamsOfAll(projections));
    this.projectors = new Map(
      projections.map((projection) => [projection.name, new Projector(projection, { ...ports, feeds })]),
    );
    assert(this.projectors.size === projections.length, 'No two projections share a name.');
  }

  /** All of them, in the order they were given. */
  get projections(): readonly Projection[] {
    return [...this.projectors.values()].map(({ projection }) => projection);
  }

  /** Begins to follow the log with every projection; returns at once, with or without a database. The schema must be in place. */
  start(): void {
    for (const projector of this.projectors.values()) projector.start();
  }

  /** Ends after the transactions in flight and frees the locks, so that a process standing by takes over. */
  async stop(): Promise<void> {
    await Promise.all([...this.projectors.values()].map((projector) => projector.stop()));
  }

  /** What each projection is doing, in the order they were given. */
  status(nowMs: number = Date.now()): readonly ProjectionStatus[] {
    return [...this.projectors.values()].map((projector) => projector.status(nowMs));
  }

  /**
   * Waits until a projection's rows contain everything up to `position`, whichever process writes them.
   *
   * @param timeoutMs at most `atLeastWaitMsMax`
   * @returns `stopped` without waiting further when this process knows that it will not get there by itself
   * @throws PostgresUnavailable when another process leads and its checkpoint can't be read
   */
  async waitFor(name: string, position: bigint, timeoutMs: number): Promise<WaitOutcome> {
    const projector = this.projectors.get(name);
    assert(projector !== undefined, `Projection ${name} exists.`);
    assert(timeoutMs <= limits.atLeastWaitMsMax, 'Waiting for a projection is bounded.');
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const known = projector.position ?? (await this.storedPosition(name));
      if (known !== undefined && known >= position) return 'reached';
      if (projector.status(Date.now()).state === 'stopped') return 'stopped';
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return 'behind';
      const leads = projector.position !== undefined;
      await projector.changed(AbortSignal.timeout(leads ? leftMs : Math.min(leftMs, limits.atLeastPollMs)));
    }
  }

  private async storedPosition(name: string): Promise<bigint | undefined> {
    return (await readCheckpoint(this.ports.postgres, name))?.position;
  }
}
