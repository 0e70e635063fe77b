import type { Migration } from '../../src/edges/postgres/migrate.js';

export const accountsMigration = {
  number: 2,
  name: 'accounts',
  sql: `
create table ledger.accounts (
  account_id uuid primary key,
  company_id text not null,
  name text not null,
  type text not null check (type in ('asset', 'liability', 'equity', 'income', 'expense')),
  currency text not null,
  exponent smallint not null,
  parent_id uuid,
  ancestor_ids uuid[] not null,
  overdraft_limit numeric(38, 0),
  metadata jsonb not null,
  status text not null check (status in ('open', 'frozen', 'closing', 'closed')),
  opened_at timestamptz not null,
  opened_position bigint not null unique,
  revision bigint not null,
  position bigint not null
);
create index accounts_by_company on ledger.accounts (company_id, opened_position);
create index accounts_by_parent on ledger.accounts (parent_id, opened_position) where parent_id is not null;
comment on table ledger.accounts is 'One row per account, as its newest administrative event left it.';
comment on column ledger.accounts.company_id is 'The company whose ledger the account belongs to.';
comment on column ledger.accounts.type is 'Gives the normal side: asset and expense are debit-normal, the others credit-normal.';
comment on column ledger.accounts.currency is 'ISO 4217 code.';
comment on column ledger.accounts.exponent is 'Digits after the decimal point of the currency when the account was opened.';
comment on column ledger.accounts.ancestor_ids is 'From the root to the parent.';
comment on column ledger.accounts.overdraft_limit is 'How far below zero the balance may go, in minor units: 0 never negative, null unlimited.';
comment on column ledger.accounts.opened_position is 'Position of AccountOpened in the log: the order of lists.';
comment on column ledger.accounts.revision is 'Revision in the account stream of the newest event this row shows.';
comment on column ledger.accounts.position is 'Position in the log of that event.';
`,
} as const satisfies Migration;
