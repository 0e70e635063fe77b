import type { AppendRequest } from '../log/event-log.js';
import type { ExpectedRevision } from '../log/expected-revision.js';
import { isMetastream, marksDeleted } from '../log/stream-metadata.js';
import type { StreamIdentifierMessage } from './protocol.js';
import { parseUint64, UINT64_MAX } from './uint64.js';

/** What the options of `Append` and `BatchAppend` have in common. */
export interface ExpectationOptions {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

const INT64_MAX = 2n ** 63n - 1n;

/**
 * The revision a writer expects, or undefined for one no stream can have.
 *
 * @param exact the digits of an exact revision, if that is what was sent
 */
export function readExpected(
  options: ExpectationOptions,
  exact: string | undefined,
): ExpectedRevision | undefined {
  if (options.hasAny()) return { kind: 'any' };
  if (options.hasNoStream()) return { kind: 'no-stream' };
  if (options.hasStreamExists()) return { kind: 'stream-exists' };
  if (exact === undefined) return undefined;
  if (exact === UINT64_MAX) return { kind: 'no-stream' };
  if (BigInt(exact) > INT64_MAX) return undefined;
  return { kind: 'exact', revision: parseUint64(exact) };
}

/** The name a client sends as bytes; undefined when it is missing, empty or names no stream's metadata. */
export function readStreamName(identifier: StreamIdentifierMessage | undefined): string | undefined {
  if (!identifier) return undefined;
  const name = Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
  return name === '' || name === '$$' ? undefined : name;
}

/** Whether the append would mark its stream as deleted, as a soft delete does. This store does not offer to delete. */
export function isDelete(request: AppendRequest): boolean {
  return (
    isMetastream(request.streamName) &&
    request.events.some((event) => event.isJson && marksDeleted(Buffer.from(event.data).toString('utf8')))
  );
}
