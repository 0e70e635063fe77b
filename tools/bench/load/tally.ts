import type { PhaseName } from '../phases.js';
import type { Latencies } from './latency.js';
import type { Turn } from './messages.js';

/** Counts what is done between the warm-up and the end of one turn. */
export class Tally {
  readonly fromMs: number;
  readonly toMs: number;
  private done = 0;
  private readonly wrong: Record<string, number> = {};

  /** @param latencies of the phase so far: turns add to it */
  constructor(
    private readonly phase: PhaseName,
    private readonly latencies: Latencies,
    span: { readonly startMs: number; readonly warmUpMs: number; readonly measureMs: number },
  ) {
    this.fromMs = span.startMs + span.warmUpMs;
    this.toMs = this.fromMs + span.measureMs;
  }

  /**
   * Takes an answer of a closed loop. What was done counts by the part of its time that lies in the turn, so that a few long
   * requests at either end neither add to a rate nor take from it; a latency counts when it ends in the turn.
   *
   * @param wrong what was wrong with the answer, or null
   */
  addWork(sentMs: number, endMs: number, commands: number, wrong: string | null): void {
    const insideMs = Math.min(endMs, this.toMs) - Math.max(sentMs, this.fromMs);
    if (insideMs <= 0) return;
    if (endMs < this.toMs) this.latencies.record(endMs - sentMs);
    if (wrong === null) this.done += (commands * insideMs) / (endMs - sentMs);
    else this.wrong[wrong] = (this.wrong[wrong] ?? 0) + 1;
  }

  /** Takes an answer of an open loop: it counts by when its request was due, and so does its latency. */
  addDue(dueMs: number, endMs: number, wrong: string | null): void {
    if (dueMs < this.fromMs || dueMs >= this.toMs) return;
    this.latencies.record(endMs - dueMs);
    if (wrong === null) this.done += 1;
    else this.wrong[wrong] = (this.wrong[wrong] ?? 0) + 1;
  }

  turn(): Turn {
    const { phase, done, wrong } = this;
    return { phase, done, measuredMs: this.toMs - this.fromMs, wrong, latency: this.latencies.summary() };
  }
}
