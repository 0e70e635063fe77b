/** One line of what the clients saw. */
export interface HistoryLine {
  readonly client: number;
  readonly key: string;
  /** `ok`: carried out. `fail`: refused for good. `unknown`: no answer, it may have happened. */
  readonly what: 'invoke' | 'ok' | 'fail' | 'unknown';
  /** Milliseconds of a clock that never goes back. */
  readonly atMs: number;
}

/** A key's life from its first sending to its first final answer. */
interface Span {
  readonly invokedMs: number;
  answeredMs: number | null;
  /** Commit position that the answer named. */
  position: bigint | null;
}

/** Everything the clients sent and got, in the order it happened to them. */
export class History {
  readonly lines: HistoryLine[] = [];
  private readonly spans = new Map<string, Span>();

  /** A client is about to send. */
  invoke(client: number, key: string, atMs: number): void {
    this.lines.push({ client, key, what: 'invoke', atMs });
    if (!this.spans.has(key)) this.spans.set(key, { invokedMs: atMs, answeredMs: null, position: null });
  }

  /** No answer came. */
  lose(client: number, key: string, atMs: number): void {
    this.lines.push({ client, key, what: 'unknown', atMs });
  }

  /** A final answer came. */
  answer(client: number, key: string, what: 'ok' | 'fail', position: bigint | null, atMs: number): void {
    this.lines.push({ client, key, what, atMs });
    const span = this.spans.get(key);
    if (span === undefined) throw new RangeError(`Key ${key} was answered before it was sent.`);
    if (span.answeredMs !== null) return;
    span.answeredMs = atMs;
    span.position = position;
  }

  /** How many commands went without an answer at least once. */
  get lostKeys(): number {
    return new Set(this.lines.filter(({ what }) => what === 'unknown').map(({ key }) => key)).size;
  }

  /** Keys that were sent and never got a final answer. */
  unanswered(): string[] {
    return [...this.spans].filter(([, span]) => span.answeredMs === null).map(([key]) => key);
  }

  /**
   * Judges real time: a command answered before another was sent must stand before it in the log.
   *
   * @returns the keys that stand before something which was over when they began
   */
  outOfOrder(): string[] {
    const committed: { readonly key: string; readonly span: Span; readonly position: bigint }[] = [];
    for (const [key, span] of this.spans) {
      if (span.position !== null) committed.push({ key, span, position: span.position });
    }
    const byAnswer = [...committed].sort((a, b) => (a.span.answeredMs ?? 0) - (b.span.answeredMs ?? 0));
    const bySending = [...committed].sort((a, b) => a.span.invokedMs - b.span.invokedMs);
    const wrong: string[] = [];
    let over = 0;
    let newestOver = -1n;
    for (const { key, span, position } of bySending) {
      for (
        let next = byAnswer[over];
        next && (next.span.answeredMs ?? 0) < span.invokedMs;
        next = byAnswer[over]
      ) {
        if (next.position > newestOver) newestOver = next.position;
        over += 1;
      }
      if (position <= newestOver) wrong.push(key);
    }
    return wrong;
  }
}
