import { hash } from 'node:crypto';
import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { ACCOUNT_STREAM_PREFIX } from '../../src/write/accounts/events.js';

/** 64 bits. */
const DIGEST_DIGITS = 16;

/** A column's text, the same from the log and from SQL; null where the row has none. */
export type ColumnText = string | null;

/** What is compared of a table: rows that one kind of event writes, or the columns a second event fills. */
export interface ComparedRows {
  /** Whose checkpoint says how far the rows have come. */
  readonly readModel: 'entries' | 'transactions' | 'balance_snapshots';
  readonly table: 'entries' | 'transactions' | 'snapshot_entries' | 'snapshot_accounts';
  /** Where the event that wrote these columns stands; null until it did. */
  readonly positionColumn: 'position' | 'entry_position' | 'opened_position';
  /** How many of the columns, from the first on, name the row. */
  readonly keyLength: number;
  readonly columns: readonly ComparedColumn[];
  /** The rows an event writes, each with its columns in this order. */
  readonly rowsOf: (event: RecordedLedgerEvent) => readonly (readonly ColumnText[])[];
}

interface ComparedColumn {
  readonly name: string;
  /** The column's text in SQL, as `rowsOf` gives it. */
  readonly sql: string;
  /** Whether clients write it: then it is counted off, so that no text looks like two, and shown to nobody. */
  readonly isFree: boolean;
}

const plain = (name: string): ComparedColumn => ({ name, sql: `${name}::text`, isFree: false });
const free = (name: string): ComparedColumn => ({ name, sql: `${name}::text`, isFree: true });
/** Microseconds since the epoch, which is what a `timestamptz` holds. */
const time = (name: string): ComparedColumn => ({
  name,
  sql: `trunc(extract(epoch from ${name}) * 1000000)::text`,
  isFree: false,
});

/** The journal as `TransactionPosted` writes it. */
const LEGS: ComparedRows = {
  readModel: 'entries',
  table: 'entries',
  positionColumn: 'position',
  keyLength: 2,
  columns: [
    ...[plain('transaction_id'), plain('leg'), plain('account_id'), free('company_id'), plain('direction')],
    ...[plain('amount'), free('currency'), time('effective_at'), time('recorded_at'), plain('position')],
  ],
  rowsOf: (event) => {
    if (event.type !== 'TransactionPosted') return [];
    const { transactionId, companyId, legs } = event.data;
    const times = [toMicroseconds(event.data.effectiveAt), toMicroseconds(event.data.recordedAt)];
    return legs.map(({ accountId, direction, amount, currency }, leg) => [
      ...[transactionId, `${leg}`, accountId, companyId, direction, amount, currency],
      ...times,
      `${event.position}`,
    ]);
  },
};

/** What `EntryPosted` fills in. */
const SETTLEMENTS: ComparedRows = {
  readModel: 'entries',
  table: 'entries',
  positionColumn: 'entry_position',
  keyLength: 2,
  columns: ['transaction_id', 'leg', 'account_id', 'sequence', 'balance', 'entry_position'].map(plain),
  rowsOf: (event) => {
    if (event.type !== 'EntryPosted') return [];
    const { transactionId, leg, sequence, balance } = event.data;
    const accountId = event.streamName.slice(ACCOUNT_STREAM_PREFIX.length);
    return [[transactionId, `${leg}`, accountId, `${sequence}`, balance, `${event.position}`]];
  },
};

const TRANSACTIONS: ComparedRows = {
  readModel: 'transactions',
  table: 'transactions',
  positionColumn: 'position',
  keyLength: 1,
  columns: [
    ...[plain('transaction_id'), free('company_id'), plain('status'), free('kind'), free('description')],
    ...[free('reference'), free('metadata'), time('effective_at'), time('recorded_at'), free('legs')],
    ...[free('parent'), free('code'), free('pointer'), free('details'), free('idempotency_key')],
    ...[free('request_hash'), plain('position')],
  ],
  rowsOf: (event) => {
    if (event.type !== 'TransactionPosted' && event.type !== 'TransactionRejected') return [];
    const { transactionId, companyId, idempotencyKey, requestHash } = event.data;
    const recordedAt = toMicroseconds(event.data.recordedAt);
    const last = [idempotencyKey, requestHash, `${event.position}`];
    if (event.type === 'TransactionRejected') {
      const { request, code, pointer, details } = event.data;
      const asked = (name: string): ColumnText => {
        const value: unknown = Object.hasOwn(request, name) ? Reflect.get(request, name) : null;
        return typeof value === 'string' ? value : null;
      };
      const words = [asked('kind'), asked('description'), asked('reference'), null];
      const row = [transactionId, companyId, 'rejected', ...words, null, recordedAt, null, null];
      return [[...row, code, pointer, toJsonb(details), ...last]];
    }
    const { kind, description, reference, metadata, effectiveAt, parent } = event.data;
    // In the order `toJsonb` would have to find.
    const legs = event.data.legs.map(
      ({ accountId, direction, amount, currency }) =>
        `{"amount": "${amount}", "currency": "${currency}", "accountId": "${accountId}", "direction": "${direction}"}`,
    );
    return [
      [
        ...[transactionId, companyId, 'posted', kind, description, reference, toJsonb(metadata)],
        ...[toMicroseconds(effectiveAt), recordedAt, `[${legs.join(', ')}]`, parent && toJsonb(parent)],
        ...[null, null, null],
        ...last,
      ],
    ];
  },
};

/** What balances at earlier times are summed from, as `TransactionPosted` writes it. */
const SNAPSHOT_ENTRIES: ComparedRows = {
  readModel: 'balance_snapshots',
  table: 'snapshot_entries',
  positionColumn: 'position',
  keyLength: 2,
  columns: [
    ...[plain('transaction_id'), plain('leg'), plain('account_id'), plain('direction'), plain('amount')],
    ...[time('effective_at'), time('recorded_at'), plain('reverses'), plain('position')],
  ],
  rowsOf: (event) => {
    if (event.type !== 'TransactionPosted') return [];
    const { transactionId, legs, parent } = event.data;
    const times = [toMicroseconds(event.data.effectiveAt), toMicroseconds(event.data.recordedAt)];
    const reverses = parent?.relation === 'reversal' ? parent.transactionId : null;
    return legs.map(({ accountId, direction, amount }, leg) => [
      ...[transactionId, `${leg}`, accountId, direction, amount],
      ...[...times, reverses, `${event.position}`],
    ]);
  },
};

/** The accounts they are summed for, as `AccountOpened` writes them. */
const SNAPSHOT_ACCOUNTS: ComparedRows = {
  readModel: 'balance_snapshots',
  table: 'snapshot_accounts',
  positionColumn: 'opened_position',
  keyLength: 1,
  columns: [
    ...[plain('account_id'), free('company_id'), plain('type'), free('currency'), plain('exponent')],
    ...[plain('parent_id'), plain('ancestor_ids'), plain('opened_position')],
  ],
  rowsOf: (event) => {
    if (event.type !== 'AccountOpened') return [];
    const { accountId, companyId, accountType, currency, exponent, parentId, ancestorIds } = event.data;
    const row = [accountId, companyId, accountType, currency, `${exponent}`, parentId];
    return [[...row, `{${ancestorIds.join(',')}}`, `${event.position}`]];
  },
};

/** Everything that is compared row by row. */
export const COMPARED_ROWS: readonly ComparedRows[] = [
  ...[LEGS, SETTLEMENTS, TRANSACTIONS],
  ...[SNAPSHOT_ENTRIES, SNAPSHOT_ACCOUNTS],
];

/** A row's 64 bits: the first half of the MD5 of its text. It is there to find what was changed, not to withstand whoever computes it. */
export function hashOf({ columns }: ComparedRows, row: readonly ColumnText[]): bigint {
  let text = '';
  columns.forEach(({ isFree }, index) => {
    const value = row[index] ?? null;
    text += value === null ? '-|' : isFree ? `${Buffer.byteLength(value)}:${value}|` : `${value}|`;
  });
  return BigInt(`0x${digestOf(text)}`);
}

/** The first half of the MD5 of a text, in hex. */
export function digestOf(text: string): string {
  return hash('md5', text, 'hex').slice(0, DIGEST_DIGITS);
}

/** The same in SQL, of an expression that gives text. */
export function digestSql(expression: string): string {
  return `substr(md5(${expression}), 1, ${DIGEST_DIGITS})`;
}

/** The same in SQL: an expression over a row of the table, as a signed `bigint`. */
export function hashSql({ columns }: ComparedRows): string {
  const texts = columns.map(({ sql, isFree }) =>
    isFree ? `coalesce(octet_length(${sql}) || ':' || ${sql}, '-')` : `coalesce(${sql}, '-')`,
  );
  return `('x' || ${digestSql(`${texts.join(` || '|' || `)} || '|'`)})::bit(64)::bigint`;
}

/** An instant of events has milliseconds; a `timestamptz` is compared by its microseconds. */
export function toMicroseconds(instant: string): string {
  const epochMs = Date.parse(instant);
  return epochMs === 0 ? '0' : `${epochMs}000`;
}

/** A value's text as PostgreSQL writes a `jsonb`: members by the length of their names, then by their bytes. */
export function toJsonb(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJsonb).join(', ')}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => compareNames(a, b));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${toJsonb(member)}`).join(', ')}}`;
}

function compareNames(a: string, b: string): number {
  return Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.from(a).compare(Buffer.from(b));
}
