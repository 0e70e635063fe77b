import type { Migration } from '../../src/edges/postgres/migrate.js';

export const balanceSnapshotsMigration = {
  number: 8,
  name: 'balance snapshots',
  sql: `
create table ledger.snapshot_accounts (
  account_id uuid primary key,
  company_id text not null,
  type text not null,
  currency text not null,
  exponent smallint not null,
  parent_id uuid,
  ancestor_ids uuid[] not null,
  opened_position bigint not null unique,
  entries bigint not null,
  recorded_max timestamptz not null,
  disorder_ms bigint not null
) with (fillfactor = 70);
create index snapshot_accounts_by_company on ledger.snapshot_accounts (company_id, opened_position);
create index snapshot_accounts_by_ancestor on ledger.snapshot_accounts using gin (ancestor_ids);
comment on table ledger.snapshot_accounts is 'What point-in-time reads need to know of every account.';
comment on column ledger.snapshot_accounts.account_id is 'The account.';
comment on column ledger.snapshot_accounts.company_id is 'The company whose ledger the account belongs to.';
comment on column ledger.snapshot_accounts.type is 'Gives the normal side: asset and expense are debit-normal, the others credit-normal.';
comment on column ledger.snapshot_accounts.currency is 'ISO 4217 code.';
comment on column ledger.snapshot_accounts.exponent is 'Digits after the decimal point of the currency when the account was opened.';
comment on column ledger.snapshot_accounts.parent_id is 'The account it is a sub-account of; null at the top.';
comment on column ledger.snapshot_accounts.ancestor_ids is 'From the root to the parent: an account rolls up into each of them.';
comment on column ledger.snapshot_accounts.opened_position is 'Position of AccountOpened in the log: the order of lists.';
comment on column ledger.snapshot_accounts.entries is 'Entries of posted transactions on the account.';
comment on column ledger.snapshot_accounts.recorded_max is 'The latest recorded time among them; -infinity before the first.';
comment on column ledger.snapshot_accounts.disorder_ms is 'The most that an entry was recorded before one that the log has earlier, in milliseconds: clocks differ.';

create table ledger.snapshot_entries (
  account_id uuid not null,
  number bigint not null,
  transaction_id uuid not null,
  leg smallint not null,
  direction text not null check (direction in ('debit', 'credit')),
  amount numeric(38, 0) not null check (amount > 0),
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  is_disordered boolean not null,
  reverses uuid,
  position bigint not null,
  primary key (account_id, number)
);
create index snapshot_entries_by_effective_time on ledger.snapshot_entries (account_id, effective_at, number);
create index snapshot_entries_disordered on ledger.snapshot_entries (account_id, recorded_at) where is_disordered;
comment on table ledger.snapshot_entries is 'The entries of every account, numbered in the order of the log.';
comment on column ledger.snapshot_entries.account_id is 'The account the entry stands on.';
comment on column ledger.snapshot_entries.number is '0-based count of the account''s entries in the order of the log.';
comment on column ledger.snapshot_entries.transaction_id is 'The transaction the entry is a leg of.';
comment on column ledger.snapshot_entries.leg is '0-based index of the leg in its transaction.';
comment on column ledger.snapshot_entries.direction is 'debit or credit.';
comment on column ledger.snapshot_entries.amount is 'Minor units.';
comment on column ledger.snapshot_entries.effective_at is 'Business time.';
comment on column ledger.snapshot_entries.recorded_at is 'When the transaction was committed.';
comment on column ledger.snapshot_entries.is_disordered is 'Whether an entry with a lower number was recorded later than this one.';
comment on column ledger.snapshot_entries.reverses is 'The transaction that its transaction reverses, whole or in part; null when it reverses none.';
comment on column ledger.snapshot_entries.position is 'Position of TransactionPosted in the log.';

create table ledger.snapshot_chunks (
  account_id uuid not null,
  chunk bigint not null,
  position_last bigint not null,
  recorded_max timestamptz not null,
  effective_min timestamptz not null,
  primary key (account_id, chunk)
);
create index snapshot_chunks_by_position on ledger.snapshot_chunks (account_id, position_last, chunk);
create index snapshot_chunks_by_recorded_time on ledger.snapshot_chunks (account_id, recorded_max, chunk);
comment on table ledger.snapshot_chunks is 'Where each full run of an account''s entries ends: in the log, and in recorded time.';
comment on column ledger.snapshot_chunks.account_id is 'The account.';
comment on column ledger.snapshot_chunks.chunk is '0-based count of the account''s full runs.';
comment on column ledger.snapshot_chunks.position_last is 'Position of the last entry of the run.';
comment on column ledger.snapshot_chunks.recorded_max is 'The latest recorded time among the account''s entries up to the end of the run.';
comment on column ledger.snapshot_chunks.effective_min is 'The earliest effective time among the entries of the run.';

create table ledger.balance_snapshots (
  account_id uuid not null,
  level smallint not null,
  node bigint not null,
  effective_before timestamptz not null,
  entries bigint not null,
  debits numeric(60, 0) not null,
  credits numeric(60, 0) not null,
  primary key (account_id, level, node, effective_before)
);
comment on table ledger.balance_snapshots is 'Sums over the entries of one node (a full run of an account''s entries, or 16 nodes of the level below) that are effective before a second, for each second that has one.';
comment on column ledger.balance_snapshots.account_id is 'The account.';
comment on column ledger.balance_snapshots.level is '1 for runs of 1,024 entries; each level above holds 16 times as many.';
comment on column ledger.balance_snapshots.node is '0-based count of the account''s nodes of this level.';
comment on column ledger.balance_snapshots.effective_before is 'Whole second: entries with an effective time before it are in the sums.';
comment on column ledger.balance_snapshots.entries is 'How many entries those are.';
comment on column ledger.balance_snapshots.debits is 'Sum of the debits among them, in minor units.';
comment on column ledger.balance_snapshots.credits is 'Sum of the credits among them, in minor units.';
`,
} as const satisfies Migration;

export const shorterRunsMigration = {
  number: 13,
  name: 'balance snapshots of shorter runs',
  // The runs that were stored are of another length: the projection begins again, and fills them from the log.
  sql: `
truncate ledger.snapshot_accounts, ledger.snapshot_entries, ledger.snapshot_chunks, ledger.balance_snapshots;
delete from ledger.projection_checkpoints where name = 'balance_snapshots';
comment on column ledger.balance_snapshots.level is '1 for runs of 256 entries; each level above holds 16 times as many.';
`,
} as const satisfies Migration;
