import type { AppendRequest } from '../log/event-log.js';
import type { ExpectedRevision } from '../log/expected-revision.js';
import { isMetastream, marksDeleted } from '../log/stream-metadata.js';

/** What a writer says it expects: as words, or an exact revision. */
export type StatedExpectation = 'any' | 'no-stream' | 'stream-exists' | bigint;

const INT64_MAX = 2n ** 63n - 1n;
/** As an exact revision it means "no stream". */
const NO_STREAM_REVISION = 2n ** 64n - 1n;

/** The revision a writer expects, or undefined for none, or for one no stream can have. */
export function readExpected(stated: StatedExpectation | undefined): ExpectedRevision | undefined {
  if (stated === undefined) return undefined;
  if (typeof stated === 'string') return { kind: stated };
  if (stated === NO_STREAM_REVISION) return { kind: 'no-stream' };
  if (stated > INT64_MAX) return undefined;
  // No revision comes near 2^53, so above it one number is as wrong as another.
  return { kind: 'exact', revision: Number(stated) };
}

/** The name a client sends as bytes; undefined when it is missing, empty or names no stream's metadata. */
export function readStreamName(name: Uint8Array | undefined): string | undefined {
  if (!name) return undefined;
  const text = Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8');
  return text === '' || text === '$$' ? undefined : text;
}

/** Whether the append would mark its stream as deleted, as a soft delete does. This store does not offer to delete. */
export function isDelete(request: AppendRequest): boolean {
  return (
    isMetastream(request.streamName) &&
    request.events.some((event) => event.isJson && marksDeleted(Buffer.from(event.data).toString('utf8')))
  );
}
