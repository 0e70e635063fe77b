import { setImmediate as turn } from 'node:timers/promises';
import type { Armed } from './armament.js';

/** How the process ends, and to whom it says so. Both take effect before they return. */
export interface Undertaker {
  /** A command has stopped at its point. */
  reached(armed: Armed): void;
  /** Everything stands at its point. Does not return in a real process. */
  die(): void;
}

/**
 * Stops each armed command at its point for ever, and ends the process once all of them stand there. So one death is a
 * death at every point at once, and none of them is a guess about time.
 */
export class Barrier {
  private readonly missing: Set<Armed>;
  private readonly lastActs: { readonly act: () => void; readonly turns: number }[] = [];

  constructor(
    armed: readonly Armed[],
    private readonly undertaker: Undertaker,
  ) {
    this.missing = new Set(armed);
  }

  /** The command goes no further. The promise never settles. */
  stop(armed: Armed): Promise<never> {
    this.arrive(armed);
    return new Promise<never>(() => undefined);
  }

  /** The command goes no further until all stand at their points; then it acts, and the process dies some turns later. */
  stopThenAct(armed: Armed, act: () => void): Promise<never> {
    this.lastActs.push({ act, turns: armed.nth });
    return this.stop(armed);
  }

  private arrive(armed: Armed): void {
    if (!this.missing.delete(armed)) return;
    this.undertaker.reached(armed);
    if (this.missing.size === 0) void this.end();
  }

  private async end(): Promise<void> {
    const turns = Math.max(0, ...this.lastActs.map((last) => last.turns));
    for (let left = turns; left > 0; left -= 1) {
      for (const last of this.lastActs) if (last.turns === left) last.act();
      await turn();
    }
    this.undertaker.die();
  }
}
