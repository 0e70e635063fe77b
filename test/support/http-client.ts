import { request as httpRequest } from 'node:http';

/** An answer, its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined when it is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  /** Idempotency key; a fresh one for every call that is not a GET, none when null. */
  readonly key?: string | null;
  readonly company?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let keysCount = 0;

/** A key no other call of this process used. */
export function freshKey(): string {
  keysCount += 1;
  return `key-${process.pid}-${keysCount}`;
}

/** Calls a server as a well-behaved client would. `route` is a method and a path: `POST /v1/accounts`. */
export async function call(baseUrl: string, route: string, options: CallOptions = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const key = options.key === undefined && method !== 'GET' ? freshKey() : options.key;
  const response = await fetch(baseUrl + path, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(typeof key === 'string' ? { 'idempotency-key': key } : {}),
      ...(options.company === undefined ? {} : { 'ledger-company': options.company }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  });
  return toAnswer(response.status, response.headers, await response.text());
}

/** Posts JSON with exactly these header lines, repeated ones included, which fetch would join. */
export function postWithHeaderLines(
  url: string,
  body: string,
  headers: Readonly<Record<string, string | string[]>>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answered = new Headers(
          Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]),
        );
        resolve(toAnswer(response.statusCode ?? 0, answered, Buffer.concat(chunks).toString('utf8')));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function toAnswer(status: number, headers: Headers, text: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, text, json: (json ?? {}) as Record<string, unknown> };
}
