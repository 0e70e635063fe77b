import type { Migration } from '../../src/edges/postgres/migrate.js';

export const transactionsMigration = {
  number: 4,
  name: 'transactions',
  sql: `
create table ledger.transactions (
  transaction_id uuid primary key,
  company_id text not null,
  status text not null check (status in ('posted', 'rejected')),
  kind text,
  description text,
  reference text,
  metadata jsonb,
  effective_at timestamptz,
  recorded_at timestamptz not null,
  legs jsonb,
  code text,
  pointer text,
  details jsonb,
  idempotency_key text not null,
  request_hash text not null,
  position bigint not null unique,
  check (status = 'rejected' or (kind is not null and metadata is not null and effective_at is not null and legs is not null)),
  check (status = 'posted' or (code is not null and details is not null))
);
create unique index transactions_by_key on ledger.transactions (company_id, idempotency_key);
create index transactions_by_reference on ledger.transactions (company_id, reference, position) where reference is not null;
create index transactions_by_company on ledger.transactions (company_id, position);
comment on table ledger.transactions is 'One row per transaction that came to an outcome: posted, or rejected for good.';
comment on column ledger.transactions.kind is 'What the client called it; on a rejected one, what was asked for.';
comment on column ledger.transactions.reference is 'The client''s own reference; on a rejected one, what was asked for.';
comment on column ledger.transactions.effective_at is 'Business time; null on a rejected one.';
comment on column ledger.transactions.recorded_at is 'When the outcome was decided.';
comment on column ledger.transactions.legs is 'Account, direction, amount in minor units as digits, and currency of each leg; null on a rejected one.';
comment on column ledger.transactions.code is 'The refusal; null on a posted one.';
comment on column ledger.transactions.request_hash is 'SHA-256 of the canonical request, which tells a retry from another request with the same key.';
comment on column ledger.transactions.position is 'Position of the outcome in the log: the order of lists.';
`,
} as const satisfies Migration;

export const transactionParentsMigration = {
  number: 6,
  name: 'transaction parents',
  sql: `
alter table ledger.transactions add column parent jsonb;
create index transactions_by_parent on ledger.transactions ((parent ->> 'transactionId'), position) where parent is not null;
comment on column ledger.transactions.parent is 'The hold it captures or the transaction it reverses: relation and transactionId; null when it stands alone or was rejected.';
`,
} as const satisfies Migration;

export const transactionFiltersMigration = {
  number: 10,
  name: 'transaction filters',
  // Recorded times follow the order in which rows are written, so a summary of each range of pages finds them.
  sql: `
create index transactions_by_kind on ledger.transactions (company_id, kind, position);
create index transactions_rejected on ledger.transactions (company_id, position) where status = 'rejected';
create index transactions_by_effective_time on ledger.transactions (company_id, effective_at, position) where effective_at is not null;
create index transactions_by_recorded_time on ledger.transactions using brin (recorded_at) with (pages_per_range = 32, autosummarize = on);
create index transactions_by_metadata on ledger.transactions using gin (metadata) where metadata <> '{}';
comment on column ledger.transactions.transaction_id is 'The transaction.';
comment on column ledger.transactions.company_id is 'The company whose ledger it belongs to.';
comment on column ledger.transactions.status is 'posted or rejected.';
comment on column ledger.transactions.description is 'The client''s own words; on a rejected one, what was asked for.';
comment on column ledger.transactions.metadata is 'The client''s own texts by key; null on a rejected one.';
comment on column ledger.transactions.pointer is 'The field of the request that was refused, as a JSON pointer; null when the whole request was, or on a posted one.';
comment on column ledger.transactions.details is 'Facts that explain the refusal; null on a posted one.';
comment on column ledger.transactions.idempotency_key is 'The key it was made with: one key, one outcome.';
`,
} as const satisfies Migration;
