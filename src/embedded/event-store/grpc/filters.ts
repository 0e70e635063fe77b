import { eventStoreLimits } from '../limits.js';
import { recordStreamName, recordType } from '../log/record.js';
import { invalidArgument } from './errors.js';
import type { ReadReq } from './protocol.js';

/** A filter over `$all`. */
export interface EventFilter {
  matches(record: Buffer): boolean;
  /** Events looked at, matching or not, between two checkpoints. */
  readonly checkpointEveryEvents: number;
}

type FilterOptions = NonNullable<ReturnType<NonNullable<ReturnType<ReadReq['getOptions']>>['getFilter']>>;

/**
 * Reads a filter: on stream names or event types; a regular expression wins over prefixes, several prefixes mean any of
 * them, an empty list matches nothing. Prefixes are compared byte by byte, expressions search anywhere in the text.
 *
 * @throws RpcError when there is no expression, or not one JavaScript can read
 */
export function readFilter(options: FilterOptions): EventFilter {
  const byStream = options.getStreamIdentifier();
  const byType = options.getEventType();
  const expression = byStream ?? byType;
  if (!expression) throw invalidArgument('A filter needs a stream name or an event type expression.');
  const subject = byStream ? recordStreamName : recordType;
  const window = options.hasMax() ? options.getMax() : eventStoreLimits.searchWindowEvents;
  return {
    matches: matcher(subject, expression.getRegex(), expression.getPrefixList()),
    checkpointEveryEvents: Math.max(1, window) * Math.max(1, options.getCheckpointintervalmultiplier()),
  };
}

function matcher(
  subject: (record: Buffer) => Buffer,
  regex: string,
  prefixes: readonly string[],
): (record: Buffer) => boolean {
  if (regex !== '') {
    const compiled = compile(regex);
    return (record) => compiled.test(subject(record).toString('utf8'));
  }
  const encoded = prefixes.map((prefix) => Buffer.from(prefix));
  return (record) => {
    const text = subject(record);
    return encoded.some(
      (prefix) =>
        text.length >= prefix.length && text.compare(prefix, 0, prefix.length, 0, prefix.length) === 0,
    );
  };
}

function compile(regex: string): RegExp {
  try {
    return new RegExp(regex);
  } catch {
    throw invalidArgument('The filter is not a regular expression.');
  }
}
