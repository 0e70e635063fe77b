import { assert, assertNever } from '../../kernel/assert.js';
import { eventStoreLimits } from './limits.js';
import { CommitFailure, type AppendOutcome, type AppendRequest, type EventLog } from './log/event-log.js';

/** What becomes of an append. */
export type CommitResult =
  | AppendOutcome
  /** Not committed in time. It may be committed yet. */
  | { readonly kind: 'timed-out' }
  /** Too much waits for the disk already; nothing was written. */
  | { readonly kind: 'too-busy' }
  /** Its commit failed; nothing was written. */
  | { readonly kind: 'failed'; readonly error: Error };

/** Results that are neither stored nor refused. */
export type CommitProblem = Exclude<CommitResult, { readonly kind: 'appended' | 'wrong-expected-revision' }>;

interface Waiter {
  readonly request: AppendRequest;
  readonly bytes: number;
  readonly sinceMs: number;
  readonly done: (result: CommitResult) => void;
  isAnswered: boolean;
}

/**
 * Lets appends that arrive together share one transaction and one sync: what arrives while a commit is on its way to disk
 * goes with a later one. A large crowd goes in halves, so that its clients prepare their next appends while the other
 * half is written; all at once, clients and disk would wait for each other in turn.
 */
export class GroupCommit {
  private waiting: Waiter[] = [];
  private waitingBytes = 0;
  private committing: readonly Waiter[] = [];
  private running: Promise<void> | undefined;
  private roomListeners: (() => void)[] = [];
  private readonly sweep: NodeJS.Timeout;

  /** @param onBroken called when a commit failed for another reason than a full disk: the log must be opened anew */
  constructor(
    private readonly log: EventLog,
    private readonly onBroken: (error: Error) => void,
  ) {
    this.sweep = setInterval(() => {
      this.answerTimedOut();
    }, eventStoreLimits.timeoutSweepMs).unref();
  }

  /** Calls `done` once: after the append is durable, refused or given up. Never throws. */
  submit(request: AppendRequest, done: (result: CommitResult) => void): void {
    if (this.waitingBytes >= eventStoreLimits.waitingBytesMax) {
      done({ kind: 'too-busy' });
      return;
    }
    const bytes = bytesOf(request);
    this.waiting.push({ request, bytes, sinceMs: performance.now(), done, isAnswered: false });
    this.waitingBytes += bytes;
    this.running ??= this.run();
  }

  /** Whether callers should stop taking in appends until `onRoom`. */
  get isFull(): boolean {
    return this.waitingBytes >= eventStoreLimits.waitingBytesHigh;
  }

  /** Calls `listener` once, when the next commit has begun and there may be room again. */
  onRoom(listener: () => void): void {
    this.roomListeners.push(listener);
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.running) await this.running;
    clearInterval(this.sweep);
  }

  private async run(): Promise<void> {
    // What arrives in the same turn of the event loop goes together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      this.committing = this.takeNext();
      this.announceRoom();
      await this.commit(this.committing);
    }
    this.committing = [];
    this.running = undefined;
  }

  private async commit(waiters: readonly Waiter[]): Promise<void> {
    try {
      const outcomes = await this.log.append(waiters.map(({ request }) => request));
      assert(outcomes.length === waiters.length, 'The log gives an outcome for each append.');
      for (const [at, outcome] of outcomes.entries()) {
        const waiter = waiters[at];
        if (waiter) answer(waiter, outcome);
      }
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      for (const waiter of waiters) answer(waiter, { kind: 'failed', error });
      if (!(error instanceof CommitFailure && error.isDiskFull)) this.onBroken(error);
    }
  }

  /** The longest waiting, without those that were given up meanwhile: they are certainly not written. */
  private takeNext(): readonly Waiter[] {
    const appendsMax = Math.max(eventStoreLimits.undividedAppendsMax, Math.ceil(this.waiting.length / 2));
    let count = 0;
    for (let bytes = 0; count < appendsMax && bytes < eventStoreLimits.commitBytesMax; count += 1) {
      const waiter = this.waiting[count];
      if (!waiter) break;
      bytes += waiter.bytes;
      this.waitingBytes -= waiter.bytes;
    }
    return this.waiting.splice(0, count).filter(({ isAnswered }) => !isAnswered);
  }

  private announceRoom(): void {
    const listeners = this.roomListeners;
    this.roomListeners = [];
    for (const listener of listeners) listener();
  }

  private answerTimedOut(): void {
    const latestMs = performance.now() - eventStoreLimits.writeTimeoutMs;
    for (const waiters of [this.committing, this.waiting]) {
      for (const waiter of waiters) {
        if (waiter.sinceMs > latestMs) break;
        answer(waiter, { kind: 'timed-out' });
      }
    }
  }
}

/** What an append that was neither stored nor refused is told, for a person to read. */
export function describeProblem(problem: CommitProblem): string {
  switch (problem.kind) {
    case 'timed-out':
      return 'Operation timed out: the append was not synced to disk in time.';
    case 'too-busy':
      return 'Server Is Too Busy';
    case 'undecidable':
      return problem.error.message;
    case 'failed':
      return `The embedded event store could not write: ${problem.error.message}`;
    default:
      return assertNever(problem, 'The result of a commit');
  }
}

function answer(waiter: Waiter, result: CommitResult): void {
  if (waiter.isAnswered) return;
  waiter.isAnswered = true;
  waiter.done(result);
}

function bytesOf(request: AppendRequest): number {
  let bytes = 0;
  for (const { data, customMetadata } of request.events) bytes += data.length + customMetadata.length;
  return bytes;
}
