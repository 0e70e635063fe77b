/** The calls that would not end by themselves, so that a stop can end them. */
export class ActiveCalls {
  private readonly enders = new Set<() => void>();
  private isStopping = false;

  /** Registers a call. @param end is asked once to wind the call up, never within `add` @returns to be called when the call is over */
  add(end: () => void): () => void {
    if (this.isStopping) queueMicrotask(end);
    else this.enders.add(end);
    return () => this.enders.delete(end);
  }

  /** Asks all calls to wind up, and every later one at once. */
  stop(): void {
    this.isStopping = true;
    for (const end of this.enders) end();
    this.enders.clear();
  }
}
