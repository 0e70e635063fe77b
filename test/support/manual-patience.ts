import type { Patience } from '../../src/write/patience.js';

/** Time that stands still until it is told to pass. */
export class ManualPatience implements Patience {
  private nowMs = 0;
  private waiting: { readonly atMs: number; readonly call: () => void }[] = [];

  elapsedMs(): number {
    return this.nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { atMs: this.nowMs + ms, call };
    this.waiting.push(entry);
    return () => {
      this.waiting = this.waiting.filter((each) => each !== entry);
    };
  }

  chance(): number {
    return 0;
  }

  /** Calls what is due by then, in the order in which it is due. */
  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.waiting.filter(({ atMs }) => atMs <= this.nowMs).toSorted((a, b) => a.atMs - b.atMs);
    this.waiting = this.waiting.filter((each) => !due.includes(each));
    for (const { call } of due) call();
  }
}
