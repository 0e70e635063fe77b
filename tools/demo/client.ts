import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from './history.js';
import { NoAnswer, problemOf, type Answer, type LedgerHttp } from './ledger-http.js';
import type { LedgerRequest } from './movement.js';

/** How long a client goes on asking: a crash and a start fit in many times. */
const CARRY_MS_MAX = 60_000;
const PAUSE_MS_FIRST = 25;
const PAUSE_MS_MAX = 500;

/** A final answer, and what it took. */
export interface Carried {
  readonly answer: Answer;
  /** Sendings, this one included. */
  readonly attempts: number;
  /** From the first sending to the final answer. */
  readonly tookMs: number;
}

/** A client gave up waiting for a final answer. */
export class NeverAnswered extends Error {
  override readonly name = 'NeverAnswered';
}

/**
 * A careful client: sends a request, and as long as it does not know what came of it, the same request with the same key again.
 */
export class Client {
  constructor(
    readonly id: number,
    private readonly http: Pick<LedgerHttp, 'post'>,
    private readonly history: History,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Carries a request to its final answer: a 2xx that is settled, or a refusal that no retry would change.
   *
   * @throws NeverAnswered after a minute
   */
  async carry(request: LedgerRequest): Promise<Carried> {
    const startedMs = performance.now();
    let pauseMs = PAUSE_MS_FIRST;
    let last = 'it was never sent';
    for (let attempts = 1; performance.now() - startedMs < CARRY_MS_MAX; attempts += 1) {
      this.signal.throwIfAborted();
      const answer = await this.send(request);
      if (answer instanceof NoAnswer) last = answer.message;
      else if (isFinal(answer)) return { answer, attempts, tookMs: performance.now() - startedMs };
      else last = `answered ${answer.status} ${answer.text}`;
      const askedMs = answer instanceof NoAnswer ? 0 : (answer.retryAfterMs ?? 0);
      await sleep(Math.max(pauseMs, askedMs), undefined, { signal: this.signal });
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    }
    throw new NeverAnswered(
      `${request.path} with key ${request.key} had no final answer within ${CARRY_MS_MAX / 1000} s; at last ${last}.`,
    );
  }

  /** Sends a request once, and writes down what came of it. */
  async send(request: LedgerRequest): Promise<Answer | NoAnswer> {
    this.history.invoke(this.id, request.key, performance.now());
    try {
      const answer = await this.http.post(request);
      const nowMs = performance.now();
      if (!isFinal(answer)) this.history.lose(this.id, request.key, nowMs);
      else if (answer.status >= 400) this.history.answer(this.id, request.key, 'fail', null, nowMs);
      else this.history.answer(this.id, request.key, 'ok', positionOf(answer), nowMs);
      return answer;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.history.lose(this.id, request.key, performance.now());
      return error;
    }
  }
}

/** Whether nothing else will be answered: 202 is committed but not yet settled; 408, 429 and 5xx say nothing final. */
export function isFinal({ status }: Pick<Answer, 'status'>): boolean {
  return (
    status === 200 || status === 201 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  );
}

function positionOf(answer: Answer): bigint | null {
  return answer.position === null ? null : BigInt(answer.position);
}

/** How an answer reads in a finding. */
export function describeAnswer(answer: Answer): string {
  const problem = problemOf(answer);
  return problem === null ? `${answer.status}` : `${answer.status} ${problem.code}`;
}
