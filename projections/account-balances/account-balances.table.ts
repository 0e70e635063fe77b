import type { Migration } from '../../src/edges/postgres/migrate.js';

export const accountBalancesMigration = {
  number: 3,
  name: 'account balances',
  // Sums are wider than amounts: two amounts of 38 digits must not stop the projection.
  sql: `
create table ledger.account_balances (
  account_id uuid primary key,
  company_id text not null,
  type text not null,
  currency text not null,
  exponent smallint not null,
  debits numeric(60, 0) not null check (debits >= 0),
  credits numeric(60, 0) not null check (credits >= 0),
  reserved numeric(60, 0) not null check (reserved >= 0),
  sequence bigint not null,
  position bigint not null
) with (fillfactor = 70);
comment on table ledger.account_balances is 'The current money of every account. A transaction is booked whole, on all its accounts at once: debits equal credits per currency at every commit.';
comment on column ledger.account_balances.type is 'Gives the normal side: asset and expense are debit-normal, the others credit-normal.';
comment on column ledger.account_balances.debits is 'Sum of all debits of posted transactions, in minor units.';
comment on column ledger.account_balances.credits is 'Sum of all credits of posted transactions, in minor units.';
comment on column ledger.account_balances.reserved is 'Sum of the open reservations, in minor units; those of posted transactions are consumed.';
comment on column ledger.account_balances.sequence is 'Entries of posted transactions written to the account stream so far.';
comment on column ledger.account_balances.position is 'Position in the log of the newest event this row contains.';
`,
} as const satisfies Migration;
