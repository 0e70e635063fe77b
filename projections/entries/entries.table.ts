import type { Migration } from '../../src/edges/postgres/migrate.js';

export const entriesMigration = {
  number: 5,
  name: 'entries',
  sql: `
create table ledger.entries (
  transaction_id uuid not null,
  leg smallint not null,
  account_id uuid not null,
  company_id text not null,
  direction text not null check (direction in ('debit', 'credit')),
  amount numeric(38, 0) not null check (amount > 0),
  currency text not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  position bigint not null,
  sequence bigint,
  balance numeric(60, 0),
  entry_position bigint,
  primary key (transaction_id, leg),
  check ((sequence is null) = (balance is null) and (sequence is null) = (entry_position is null))
) with (fillfactor = 90);
create unique index entries_by_account on ledger.entries (account_id, sequence) where sequence is not null;
comment on table ledger.entries is 'The journal: one row per leg of every posted transaction, written with all legs at once.';
comment on column ledger.entries.leg is '0-based index of the leg in its transaction.';
comment on column ledger.entries.amount is 'Minor units.';
comment on column ledger.entries.effective_at is 'Business time.';
comment on column ledger.entries.recorded_at is 'When the transaction was committed.';
comment on column ledger.entries.position is 'Position of TransactionPosted in the log.';
comment on column ledger.entries.sequence is '1-based count of the account''s entries, this one included; null until the entry stands on the account stream.';
comment on column ledger.entries.balance is 'The account''s balance after this entry, signed by its normal side, in minor units; null until then.';
comment on column ledger.entries.entry_position is 'Position of EntryPosted in the log; null until then.';
`,
} as const satisfies Migration;

export const entriesByPositionMigration = {
  number: 9,
  name: 'entries by account and position',
  sql: `
create index entries_by_account_position on ledger.entries (account_id, position);
comment on column ledger.entries.transaction_id is 'The transaction the entry is a leg of.';
comment on column ledger.entries.account_id is 'The account the entry stands on.';
comment on column ledger.entries.company_id is 'The company whose ledger it belongs to.';
comment on column ledger.entries.direction is 'debit or credit.';
comment on column ledger.entries.currency is 'ISO 4217 code.';
`,
} as const satisfies Migration;
