import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import type { AccountStatus } from '../../src/write/accounts/account-view.js';
import { partCondition, type AccountPart } from './account-part.js';
import { digestOf, digestSql, toJsonb, toMicroseconds } from './row-texts.js';

/** What a row of `accounts` says: clients' texts and what never changes as digests, so that it stays small. */
export interface AccountRow {
  readonly type: string;
  readonly currency: string;
  /** Of what `AccountOpened` says once and for all: company, exponent, parent, ancestors, when and where it was opened. */
  readonly opening: string;
  readonly name: string;
  readonly metadata: string;
  readonly overdraftLimit: string | null;
  readonly status: AccountStatus;
  /** Of the newest event that changed the row. */
  readonly revision: bigint;
  readonly position: bigint;
}

type Opened = Extract<RecordedLedgerEvent, { type: 'AccountOpened' }>;

/** Names as a person knows them, in the order they are told. */
const COLUMNS: readonly {
  readonly key: keyof AccountRow;
  readonly name: string;
  readonly isDigest: boolean;
}[] = [
  { key: 'type', name: 'type', isDigest: false },
  { key: 'currency', name: 'currency', isDigest: false },
  { key: 'opening', name: 'company, exponent, parent, ancestors or opening', isDigest: true },
  { key: 'name', name: 'name', isDigest: true },
  { key: 'metadata', name: 'metadata', isDigest: true },
  { key: 'overdraftLimit', name: 'overdraft_limit', isDigest: false },
  { key: 'status', name: 'status', isDigest: false },
  { key: 'revision', name: 'revision', isDigest: false },
  { key: 'position', name: 'position', isDigest: false },
];

/** The row that opening an account writes. */
export function openedRow({ data, revision, position }: Opened): AccountRow {
  const { companyId, exponent, parentId, ancestorIds, openedAt, accountType, currency } = data;
  const opening = [
    parentId,
    `{${ancestorIds.join(',')}}`,
    toMicroseconds(openedAt),
    `${position}`,
    companyId,
  ];
  return {
    ...{
      type: accountType,
      currency,
      status: 'open',
      overdraftLimit: data.overdraftLimit,
      revision,
      position,
    },
    opening: digestOf([`${exponent}`, ...opening].map((text) => text ?? '-').join('|')),
    name: digestOf(data.name),
    metadata: digestOf(toJsonb(data.metadata)),
  };
}

/** The row after another event of its stream: the same where that is about money alone. */
export function rowAfter(row: AccountRow, event: RecordedLedgerEvent): AccountRow {
  const { revision, position } = event;
  switch (event.type) {
    case 'AccountMetadataChanged': {
      const { name, metadata } = event.data;
      return { ...row, revision, position, name: digestOf(name), metadata: digestOf(toJsonb(metadata)) };
    }
    case 'OverdraftLimitChanged':
      return { ...row, revision, position, overdraftLimit: event.data.overdraftLimit };
    case 'AccountFrozen':
      return { ...row, revision, position, status: 'frozen' };
    case 'AccountClosing':
      return { ...row, revision, position, status: 'closing' };
    case 'AccountClosed':
      return { ...row, revision, position, status: 'closed' };
    case 'AccountUnfrozen':
    case 'AccountReopened':
      return { ...row, revision, position, status: 'open' };
    default:
      return row;
  }
}

/** Reads the rows as they are. @returns by account id */
export async function readAccountRows(sql: Sql, part: AccountPart): Promise<ReadonlyMap<string, AccountRow>> {
  const { rows } = await sql.query<AccountRow & { readonly accountId: string }>(
    `select account_id as "accountId", type, currency, ${digestSql('name')} as name,
            ${digestSql('metadata::text')} as metadata, overdraft_limit::text as "overdraftLimit", status, revision, position,
            ${digestSql(`exponent || '|' || coalesce(parent_id::text, '-') || '|' || ancestor_ids::text || '|'
              || trunc(extract(epoch from opened_at) * 1000000) || '|' || opened_position || '|' || company_id`)} as opening
       from ledger.accounts where ${partCondition(part)}`,
  );
  return new Map(rows.map(({ accountId, ...row }) => [accountId, row]));
}

/** What differs between a row and what the log says of it; null when nothing does. Texts of clients are not shown. */
export function differenceOfRows(stored: AccountRow, logged: AccountRow): string | null {
  const differing = COLUMNS.filter(({ key }) => stored[key] !== logged[key]);
  if (differing.length === 0) return null;
  return differing
    .map(({ key, name, isDigest }) =>
      isDigest
        ? `${name} is not what the log says`
        : `${name} ${stored[key] ?? 'null'}, the log says ${logged[key] ?? 'null'}`,
    )
    .join('; ');
}
