import { hash } from 'node:crypto';
import { limits } from '../../src/config/limits.js';
import type { CounterFilter, CounterPart } from '../../src/write/counters/events.js';
import type { PostedLeg, TransactionPosted } from '../../src/write/transactions/events.js';

const METADATA_PREFIX = 'metadata.';

/** Whether a derived counter counts a leg. */
export function agrees(where: CounterFilter, { kind }: TransactionPosted['data'], leg: PostedLeg): boolean {
  return (
    (where.kind === null || where.kind === kind) &&
    (where.currency === null || where.currency === leg.currency) &&
    (where.direction === null || where.direction === leg.direction)
  );
}

/**
 * The key a derived counter counts a leg for: its parts in their order, joined by `:`; within a part, `%` and `:` are
 * percent-encoded.
 *
 * @returns null when the transaction lacks a metadata key: such a leg is not meant; and `too-long` when the key would be longer than
 *   `counterKeyCharsMax`: such a leg is dropped
 */
export function keyOf(
  by: readonly CounterPart[],
  posted: TransactionPosted['data'],
  leg: PostedLeg,
): { readonly key: string } | 'too-long' | null {
  let key = '';
  for (const [index, part] of by.entries()) {
    const text = partOf(part, posted, leg);
    if (text === undefined) return null;
    key += (index === 0 ? '' : ':') + text.replaceAll('%', '%25').replaceAll(':', '%3A');
  }
  return key.length <= limits.counterKeyCharsMax ? { key } : 'too-long';
}

function partOf(part: CounterPart, posted: TransactionPosted['data'], leg: PostedLeg): string | undefined {
  switch (part) {
    case 'account':
      return leg.accountId;
    case 'kind':
      return posted.kind;
    case 'direction':
      return leg.direction;
    case 'currency':
      return leg.currency;
    default: {
      const name = part.slice(METADATA_PREFIX.length);
      return Object.hasOwn(posted.metadata, name) ? posted.metadata[name] : undefined;
    }
  }
}

/**
 * What an activity is recognised by: 128 bits of the SHA-256 of its company, counter and id, written as a UUID.
 *
 * The first two hold no line break, so that no two activities have the same text.
 */
export function activityKey(companyId: string, counter: string, id: string): string {
  const hex = hash('sha256', `${companyId}\n${counter}\n${id}`, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** 32 bits of an activity's key or a transaction's id, which are hashes themselves: its shard is their remainder. */
export function shardHash(uuid: string, leg = 0): number {
  return (Number.parseInt(uuid.slice(0, 8), 16) + leg) >>> 0;
}
