import { Pool } from 'undici';
import type { LedgerRequest } from './movement.js';

/** A command is answered within 10 s; what takes longer has lost its server. */
const ANSWER_MS_MAX = 15_000;

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  /** The body, byte for byte. */
  readonly text: string;
  /** The server says that it gave this answer before. */
  readonly replayed: boolean;
  /** The position from which reads show the command's effect, as digits; null where there is none. */
  readonly position: string | null;
  /** How long the server asks to wait before trying again; null where it does not. */
  readonly retryAfterMs: number | null;
}

/** No complete answer arrived: the command may have been carried out, or not. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The ledger's HTTP API over connections that are kept. */
export class LedgerHttp {
  private readonly pool: Pool;

  /**
   * @param origin `http://host:port`
   * @param connectionsMax requests on the way at the same time; more wait their turn
   */
  constructor(
    readonly origin: string,
    connectionsMax: number,
  ) {
    this.pool = new Pool(origin, {
      connections: connectionsMax,
      pipelining: 1,
      headersTimeout: ANSWER_MS_MAX,
      bodyTimeout: ANSWER_MS_MAX,
      connectTimeout: ANSWER_MS_MAX,
    });
  }

  /**
   * Sends a command once.
   *
   * @throws NoAnswer
   */
  post({ path, key, body }: LedgerRequest): Promise<Answer> {
    return this.send('POST', path, { key, body: JSON.stringify(body) });
  }

  /** Sends a command whose body is given as text, well-formed or not. */
  postText(path: string, key: string, body: string): Promise<Answer> {
    return this.send('POST', path, { key, body });
  }

  /**
   * Reads.
   *
   * @throws NoAnswer
   */
  get(path: string): Promise<Answer> {
    return this.send('GET', path, null);
  }

  /** Closes the connections; requests on the way are cut. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  private async send(
    method: 'GET' | 'POST',
    path: string,
    command: { readonly key: string; readonly body: string } | null,
  ): Promise<Answer> {
    try {
      const { statusCode, headers, body } = await this.pool.request({
        method,
        path,
        ...(command === null
          ? {}
          : {
              headers: { 'content-type': 'application/json', 'idempotency-key': command.key },
              body: command.body,
            }),
      });
      const text = await body.text();
      const retryAfter = headerOf(headers, 'retry-after');
      return {
        status: statusCode,
        text,
        replayed: headerOf(headers, 'idempotency-replayed') === 'true',
        position: headerOf(headers, 'ledger-position'),
        retryAfterMs: retryAfter === null ? null : Number(retryAfter) * 1000,
      };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new NoAnswer(`${method} ${path} was not answered: ${why}`, { cause: error });
    }
  }
}

function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/** A problem document (RFC 9457), as far as the demo looks at it. */
export interface ProblemBody {
  readonly code: string;
  readonly pointer: string | null;
  readonly errors: readonly { readonly pointer: string }[];
}

/** Reads an answer's body as a problem, or gives null when it is none. */
export function problemOf(answer: Answer): ProblemBody | null {
  if (answer.status < 400) return null;
  const body = jsonOf(answer);
  return typeof body['code'] === 'string' && Array.isArray(body['errors'])
    ? (body as unknown as ProblemBody)
    : null;
}

/** Reads an answer's body as a JSON object; an empty one when it is anything else. */
export function jsonOf(answer: Answer): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(answer.text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
