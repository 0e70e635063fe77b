import { Client, type Dispatcher } from 'undici';
import type { PreparedRequest } from './requests.js';

/** A command is answered within 10 s, a hundred of them on a busy machine later; what takes longer has lost its server. */
const ANSWER_MS_MAX = 60_000;

/** What came back: the status, or 0 when there was no complete answer. */
export type OnAnswer = (status: number, text: string) => void;

/**
 * One kept connection with one request under way at a time. Lean on purpose: it shares the machine with what it measures.
 * Bodies are read to their end, and kept only when asked for.
 */
export class Connection implements Dispatcher.DispatchHandler {
  private readonly client: Client;
  private onAnswer: OnAnswer | null = null;
  private isKept = false;
  private status = 0;
  private chunks: Buffer[] = [];

  /** @param origin `http://host:port` */
  constructor(origin: string) {
    this.client = new Client(origin, {
      pipelining: 1,
      headersTimeout: ANSWER_MS_MAX,
      bodyTimeout: ANSWER_MS_MAX,
      connectTimeout: ANSWER_MS_MAX,
    });
  }

  get isIdle(): boolean {
    return this.onAnswer === null;
  }

  /**
   * Sends a command.
   *
   * @param onAnswer called once; it may send the next
   * @param isKept whether the answer's text is wanted
   */
  send({ path, key, body }: Omit<PreparedRequest, 'commands'>, onAnswer: OnAnswer, isKept = false): void {
    const headers = ['content-type', 'application/json', 'idempotency-key', key];
    this.dispatch({ method: 'POST', path, headers, body }, onAnswer, isKept);
  }

  /** Asks a query. */
  get(path: string, onAnswer: OnAnswer): void {
    this.dispatch({ method: 'GET', path }, onAnswer, false);
  }

  onRequestStart(): void {
    // Its presence tells the client that this handler is of the current kind.
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.status = statusCode;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isKept) this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.finish(this.status);
  }

  onResponseError(): void {
    this.finish(0);
  }

  private dispatch(request: Dispatcher.DispatchOptions, onAnswer: OnAnswer, isKept: boolean): void {
    this.onAnswer = onAnswer;
    this.isKept = isKept;
    this.status = 0;
    this.client.dispatch(request, this);
  }

  private finish(status: number): void {
    const { onAnswer, chunks } = this;
    this.onAnswer = null;
    this.chunks = [];
    onAnswer?.(status, chunks.length === 0 ? '' : Buffer.concat(chunks).toString());
  }
}
