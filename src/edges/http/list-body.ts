import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { limits } from '../../config/limits.js';

/** One JSON value a line (https://github.com/ndjson/ndjson-spec). */
export const LINES_CONTENT_TYPE = 'application/x-ndjson';

const TAKES_LIST = 'evenkeelTakesList';
const NEWLINE = 0x0a;

/** Marks a route whose body is a list: a JSON array, or one value a line. Every other route takes one JSON object. */
export const TakesList = (): ReturnType<typeof RouteConfig> => RouteConfig({ [TAKES_LIST]: true });

/** Whether the request goes to a route that takes a list. */
export function takesList(request: FastifyRequest): boolean {
  return Reflect.get(request.routeOptions.config, TAKES_LIST) === true;
}

/** A line as it arrived, without its end; or what stands for it. */
export type Line =
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** It was longer than a line may be, and is not kept. */
  | { readonly kind: 'too-long' }
  /** The stream is longer than a stream may be: nothing of it is read from here on. */
  | { readonly kind: 'too-much' };

/**
 * Cuts a stream into lines as it arrives; blank ones are left out. Never holds more than one line and one chunk. Does not end
 * the stream when the reader stops early: its connection is still needed for the answer.
 *
 * @throws what the stream fails with, such as a connection that was cut
 */
export async function* linesOf(
  stream: Readable,
  { lineBytesMax, bytesMax } = { lineBytesMax: limits.bulkLineBytesMax, bytesMax: limits.bulkStreamBytesMax },
): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let bytes = 0;
  const end = (): Line | null => {
    const line = Buffer.concat(pending);
    const isTooLong = pendingBytes > lineBytesMax;
    pending = [];
    pendingBytes = 0;
    if (isTooLong) return { kind: 'too-long' };
    return isBlank(line) ? null : { kind: 'line', bytes: line };
  };
  const keep = (part: Buffer): void => {
    pendingBytes += part.length;
    if (pendingBytes <= lineBytesMax) pending.push(part);
    else pending = [];
  };
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      yield { kind: 'too-much' };
      return;
    }
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, at));
      from = at + 1;
      const line = end();
      if (line) yield line;
    }
    keep(chunk.subarray(from));
  }
  const last = end();
  if (last) yield last;
}

/** Only what JSON counts as white space. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
