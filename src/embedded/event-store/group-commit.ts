import { assertNever } from '../../kernel/assert.js';
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

interface Waiter {
  readonly sinceMs: number;
  readonly outcome: AppendOutcome;
  readonly done: (result: CommitResult) => void;
  answered: boolean;
}

/**
 * Lets appends that arrive together share one transaction and one sync: while a commit is on its way to disk, everything
 * that arrives is decided and gathered, and goes with the next.
 *
 * Every answer waits for the commit of all that was decided before it, refusals too: a refusal may rest on an
 * append that is not durable yet.
 */
export class GroupCommit {
  private gathering: Waiter[] = [];
  private committing: Waiter[] = [];
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

  /** Decides an append now and calls `done` once, after it is durable, refused or given up. Never throws. */
  submit(request: AppendRequest, done: (result: CommitResult) => void): void {
    if (this.log.stagedBytes >= eventStoreLimits.waitingBytesMax) {
      done({ kind: 'too-busy' });
      return;
    }
    let outcome: AppendOutcome;
    try {
      outcome = this.log.stage(request);
    } catch (error) {
      done({ kind: 'failed', error: toError(error) });
      return;
    }
    this.gathering.push({ sinceMs: performance.now(), outcome, done, answered: false });
    this.running ??= this.run();
  }

  /** Whether callers should stop taking in appends until `onRoom`. */
  get isFull(): boolean {
    return this.log.stagedBytes >= eventStoreLimits.waitingBytesHigh;
  }

  /** Calls `listener` once, when the next commit has begun and there is room again. */
  onRoom(listener: () => void): void {
    this.roomListeners.push(listener);
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    clearInterval(this.sweep);
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // What arrives in the same turn of the event loop goes together.
    await new Promise(setImmediate);
    while (this.gathering.length > 0) {
      this.committing = this.gathering;
      this.gathering = [];
      const committed = this.log.commit();
      this.announceRoom();
      try {
        await committed;
        for (const waiter of this.committing) answer(waiter, waiter.outcome);
      } catch (error) {
        this.fail(toError(error));
      }
      this.committing = [];
    }
    this.running = undefined;
  }

  /** What was gathered meanwhile was decided on top of what failed, so it fails with it. */
  private fail(error: Error): void {
    const waiters = [...this.committing, ...this.gathering];
    this.gathering = [];
    for (const waiter of waiters) answer(waiter, { kind: 'failed', error });
    if (!(error instanceof CommitFailure && error.isDiskFull)) this.onBroken(error);
  }

  private announceRoom(): void {
    const listeners = this.roomListeners;
    this.roomListeners = [];
    for (const listener of listeners) listener();
  }

  private answerTimedOut(): void {
    const latestMs = performance.now() - eventStoreLimits.writeTimeoutMs;
    for (const waiters of [this.committing, this.gathering]) {
      for (const waiter of waiters) {
        if (waiter.sinceMs > latestMs) break;
        answer(waiter, { kind: 'timed-out' });
      }
    }
  }
}

/** What an append that was not stored is told, for a person to read. */
export function describeFailure(result: Exclude<CommitResult, AppendOutcome>): string {
  switch (result.kind) {
    case 'timed-out':
      return 'Operation timed out: the append was not synced to disk in time.';
    case 'too-busy':
      return 'Server Is Too Busy';
    case 'failed':
      return `The embedded event store could not write: ${result.error.message}`;
    default:
      return assertNever(result, 'The result of a commit');
  }
}

function answer(waiter: Waiter, result: CommitResult): void {
  if (waiter.answered) return;
  waiter.answered = true;
  waiter.done(result);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
