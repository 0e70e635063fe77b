import { expect } from '@jest/globals';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { BulkResult } from '../../src/write/bulk/bulk-item.http.js';
import { call, type Answer } from './http-client.js';

const ROUTE = '/v1/transactions/bulk';

/** Sends a bulk request as a JSON array, or as whatever it is given. */
export function sendArray(url: string, body: unknown): Promise<Answer> {
  return call(url, `POST ${ROUTE}`, { body, key: null });
}

/** Sends a bulk request as lines. */
export function sendLines(url: string, text: string, query = ''): Promise<Answer> {
  const headers = { 'content-type': 'application/x-ndjson' };
  return call(url, `POST ${ROUTE}${query}`, { body: text, key: null, headers });
}

export function toLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

/** The results of a bulk request, in whichever form it was answered. */
export function resultsOf(answer: Answer): readonly BulkResult[] {
  expect(answer.status).toBe(200);
  if (!answer.headers.get('content-type')?.includes('ndjson')) {
    return (answer.json as unknown as { results: BulkResult[] }).results;
  }
  expect(answer.text === '' || answer.text.endsWith('\n')).toBe(true);
  return answer.text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as BulkResult);
}

/** Sends lines in pieces that arrive apart. */
export async function sendInPieces(url: string, pieces: readonly Buffer[]): Promise<Answer> {
  const conversation = converse(url);
  for (const piece of pieces) conversation.write(piece);
  conversation.end();
  return conversation.whole();
}

/** A bulk request that is written and read at the same time. */
export function converse(url: string) {
  const request = httpRequest(url + ROUTE, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  request.setNoDelay(true);
  request.flushHeaders();
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  let unread = '';
  const chunks = (async function* () {
    for await (const chunk of (await response).setEncoding('utf8')) yield chunk as string;
  })();
  const line = async (): Promise<unknown> => {
    while (!unread.includes('\n')) {
      const { value, done } = await chunks.next();
      if (done) return null;
      unread += value;
    }
    const [first = ''] = unread.split('\n');
    unread = unread.slice(first.length + 1);
    return JSON.parse(first);
  };
  return {
    write: (piece: string | Buffer) => void request.write(piece),
    end: () => void request.end(),
    cut: () => void request.destroy(),
    line,
    whole: async (): Promise<Answer> => {
      const { statusCode = 0, headers } = await response;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) unread += next.value;
      const answered = new Headers({ 'content-type': String(headers['content-type']) });
      return { status: statusCode, headers: answered, text: unread, json: {} };
    },
  };
}
