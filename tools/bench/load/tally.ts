import type { PhaseName } from '../phases.js';
import type { Latencies } from './latency.js';
import type { Turn } from './messages.js';

/** Counts what ends between the warm-up and the end of one turn. */
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
   * Takes one answer.
   *
   * @param atMs when it counts: closed loops count answers when they arrive, open loops when their request was due
   * @param wrong what was wrong with it, or null
   */
  add(atMs: number, latencyMs: number, commands: number, wrong: string | null): void {
    if (atMs < this.fromMs || atMs >= this.toMs) return;
    this.latencies.record(latencyMs);
    if (wrong === null) this.done += commands;
    else this.wrong[wrong] = (this.wrong[wrong] ?? 0) + 1;
  }

  turn(): Turn {
    const { phase, done, wrong } = this;
    return { phase, done, measuredMs: this.toMs - this.fromMs, wrong, latency: this.latencies.summary() };
  }
}
