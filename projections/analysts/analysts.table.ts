import type { Migration } from '../../src/edges/postgres/migrate.js';

/** The schema analysts read. Released views only ever gain columns, at their end. */
export const ANALYST_SCHEMA = 'ledger_read';

export const analystsMigration = {
  number: 11,
  name: 'views for analysts',
  sql: `
create schema ledger_read;
comment on schema ledger_read is 'The ledger for analysts: read-only views, each column with its unit. All companies; filter by company_id. Times are UTC, amounts are minor units (cents where exponent is 2).';

create view ledger_read.accounts as
  select account_id, company_id, name, type,
         case when type in ('asset', 'expense') then 'debit' else 'credit' end as normal_side,
         currency, exponent, parent_id, ancestor_ids, overdraft_limit, metadata, status, opened_at
    from ledger.accounts;
comment on view ledger_read.accounts is 'One row per account, as it is now.';
comment on column ledger_read.accounts.account_id is 'The account.';
comment on column ledger_read.accounts.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.accounts.name is 'What the company calls it.';
comment on column ledger_read.accounts.type is 'asset, liability, equity, income or expense.';
comment on column ledger_read.accounts.normal_side is 'The side that raises its balance: debit for assets and expenses, else credit.';
comment on column ledger_read.accounts.currency is 'ISO 4217 code of its one currency.';
comment on column ledger_read.accounts.exponent is 'Digits after the decimal point: an amount in the currency is minor units / 10 ^ exponent.';
comment on column ledger_read.accounts.parent_id is 'The account it is a sub-account of; null at the top.';
comment on column ledger_read.accounts.ancestor_ids is 'From the root to the parent; empty at the top.';
comment on column ledger_read.accounts.overdraft_limit is 'How far below zero its balance may go, in minor units: 0 never, null without limit.';
comment on column ledger_read.accounts.metadata is 'The company''s own fields: an object of texts.';
comment on column ledger_read.accounts.status is 'open, frozen, closing or closed.';
comment on column ledger_read.accounts.opened_at is 'When it was opened, UTC.';

create view ledger_read.account_balances as
  select account_id, company_id, type, currency, exponent, debits, credits,
         case when type in ('asset', 'expense') then debits - credits else credits - debits end as balance,
         reserved,
         case when type in ('asset', 'expense') then debits - credits else credits - debits end - reserved as available,
         sequence as entries, position
    from ledger.account_balances;
comment on view ledger_read.account_balances is 'The current money of every account. A transaction shows on all its accounts at once.';
comment on column ledger_read.account_balances.account_id is 'The account.';
comment on column ledger_read.account_balances.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.account_balances.type is 'asset, liability, equity, income or expense.';
comment on column ledger_read.account_balances.currency is 'ISO 4217 code.';
comment on column ledger_read.account_balances.exponent is 'Digits after the decimal point of the currency.';
comment on column ledger_read.account_balances.debits is 'Sum of all debits, in minor units.';
comment on column ledger_read.account_balances.credits is 'Sum of all credits, in minor units.';
comment on column ledger_read.account_balances.balance is 'Signed by the normal side: debits - credits of assets and expenses, else credits - debits, in minor units.';
comment on column ledger_read.account_balances.reserved is 'Set aside by holds and by transactions under way, in minor units.';
comment on column ledger_read.account_balances.available is 'balance - reserved, in minor units.';
comment on column ledger_read.account_balances.entries is 'Entries on the account so far.';
comment on column ledger_read.account_balances.position is 'Position in the log of the newest event in this row.';

create view ledger_read.transactions as
  select transaction_id, company_id, status, kind, description, reference, metadata, effective_at, recorded_at,
         parent ->> 'relation' as parent_relation, (parent ->> 'transactionId')::uuid as parent_transaction_id,
         code as refusal_code, idempotency_key, position
    from ledger.transactions;
comment on view ledger_read.transactions is 'One row per transaction that came to an outcome: posted, or rejected for good.';
comment on column ledger_read.transactions.transaction_id is 'The transaction.';
comment on column ledger_read.transactions.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.transactions.status is 'posted or rejected. A rejected one has moved nothing.';
comment on column ledger_read.transactions.kind is 'What the sender called it, such as transfer or refund; on a rejected one, what was asked for.';
comment on column ledger_read.transactions.description is 'The sender''s words; null without.';
comment on column ledger_read.transactions.reference is 'The sender''s own reference; null without.';
comment on column ledger_read.transactions.metadata is 'The sender''s own fields: an object of texts; null on a rejected one.';
comment on column ledger_read.transactions.effective_at is 'Business time, UTC; null on a rejected one.';
comment on column ledger_read.transactions.recorded_at is 'When the ledger decided, UTC.';
comment on column ledger_read.transactions.parent_relation is 'capture, increase or reversal, when it belongs to an earlier one; else null.';
comment on column ledger_read.transactions.parent_transaction_id is 'That earlier one: the hold it captures or increases, the transaction it reverses.';
comment on column ledger_read.transactions.refusal_code is 'Why it was rejected; null on a posted one.';
comment on column ledger_read.transactions.idempotency_key is 'The key it was sent with.';
comment on column ledger_read.transactions.position is 'Position of the outcome in the log: the order in which transactions were decided.';

create view ledger_read.entries as
  select transaction_id, leg, account_id, company_id, direction, amount,
         case direction when 'debit' then amount else 0 end as debit,
         case direction when 'credit' then amount else 0 end as credit,
         currency, effective_at, recorded_at, sequence, balance, position
    from ledger.entries;
comment on view ledger_read.entries is 'The journal: one row per leg of every posted transaction. Per transaction and currency, debits equal credits.';
comment on column ledger_read.entries.transaction_id is 'The transaction.';
comment on column ledger_read.entries.leg is '0-based index of the leg in its transaction.';
comment on column ledger_read.entries.account_id is 'The account it moves.';
comment on column ledger_read.entries.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.entries.direction is 'debit or credit.';
comment on column ledger_read.entries.amount is 'Always above zero, in minor units.';
comment on column ledger_read.entries.debit is 'amount on the debit side, else 0, in minor units.';
comment on column ledger_read.entries.credit is 'amount on the credit side, else 0, in minor units.';
comment on column ledger_read.entries.currency is 'ISO 4217 code.';
comment on column ledger_read.entries.effective_at is 'Business time, UTC.';
comment on column ledger_read.entries.recorded_at is 'When the transaction was decided, UTC.';
comment on column ledger_read.entries.sequence is '1-based count of the account''s entries in the order they were recorded; null for the moment until the account''s stream has it.';
comment on column ledger_read.entries.balance is 'The account''s balance after this entry, signed by its normal side, in minor units; null until then.';
comment on column ledger_read.entries.position is 'Position of the transaction in the log.';

create view ledger_read.trial_balance as
  select company_id, currency, exponent, account_id, type, debits, credits,
         greatest(debits - credits, 0) as debit_balance, greatest(credits - debits, 0) as credit_balance
    from ledger.account_balances;
comment on view ledger_read.trial_balance is 'One row per account. Per company and currency, the debits add up to the credits and the debit balances to the credit balances, at every moment.';
comment on column ledger_read.trial_balance.company_id is 'The company whose books they are.';
comment on column ledger_read.trial_balance.currency is 'ISO 4217 code.';
comment on column ledger_read.trial_balance.exponent is 'Digits after the decimal point of the currency.';
comment on column ledger_read.trial_balance.account_id is 'The account.';
comment on column ledger_read.trial_balance.type is 'asset, liability, equity, income or expense.';
comment on column ledger_read.trial_balance.debits is 'Sum of all debits, in minor units.';
comment on column ledger_read.trial_balance.credits is 'Sum of all credits, in minor units.';
comment on column ledger_read.trial_balance.debit_balance is 'What the debits exceed the credits by, in minor units; 0 when they do not.';
comment on column ledger_read.trial_balance.credit_balance is 'What the credits exceed the debits by, in minor units; 0 when they do not.';

create view ledger_read.daily_totals as
  select company_id, account_id, currency, (effective_at at time zone 'UTC')::date as day,
         count(*) as entries,
         coalesce(sum(amount) filter (where direction = 'debit'), 0) as debits,
         coalesce(sum(amount) filter (where direction = 'credit'), 0) as credits
    from ledger.entries
   group by company_id, account_id, currency, (effective_at at time zone 'UTC')::date;
comment on view ledger_read.daily_totals is 'What moved on each account on each day by business time; days without entries have no row.';
comment on column ledger_read.daily_totals.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.daily_totals.account_id is 'The account.';
comment on column ledger_read.daily_totals.currency is 'ISO 4217 code.';
comment on column ledger_read.daily_totals.day is 'The day in UTC that the entries are effective on.';
comment on column ledger_read.daily_totals.entries is 'How many they are.';
comment on column ledger_read.daily_totals.debits is 'Sum of their debits, in minor units.';
comment on column ledger_read.daily_totals.credits is 'Sum of their credits, in minor units.';

create view ledger_read.account_statement as
  select entry.account_id, entry.company_id, entry.sequence, entry.effective_at, entry.recorded_at,
         entry.transaction_id, transaction.kind, transaction.description, transaction.reference, entry.currency,
         case entry.direction when 'debit' then entry.amount else 0 end as debit,
         case entry.direction when 'credit' then entry.amount else 0 end as credit,
         entry.balance - case when (entry.direction = 'debit') = (account.type in ('asset', 'expense')) then entry.amount
                              else -entry.amount end as balance_before,
         entry.balance as balance_after
    from ledger.entries entry
    left join ledger.account_balances account on account.account_id = entry.account_id
    left join ledger.transactions transaction on transaction.transaction_id = entry.transaction_id
   where entry.sequence is not null;
comment on view ledger_read.account_statement is 'Every entry that stands on an account, with the balance before and after it. Order by account_id, sequence; filter by account_id first.';
comment on column ledger_read.account_statement.account_id is 'The account.';
comment on column ledger_read.account_statement.company_id is 'The company whose ledger it belongs to.';
comment on column ledger_read.account_statement.sequence is '1-based count of the account''s entries in the order they were recorded.';
comment on column ledger_read.account_statement.effective_at is 'Business time, UTC; a backdated entry comes after what was recorded before it.';
comment on column ledger_read.account_statement.recorded_at is 'When the transaction was decided, UTC.';
comment on column ledger_read.account_statement.transaction_id is 'The transaction.';
comment on column ledger_read.account_statement.kind is 'What its sender called it; null for the moment that the read model of transactions is behind.';
comment on column ledger_read.account_statement.description is 'Its sender''s words; null without.';
comment on column ledger_read.account_statement.reference is 'Its sender''s own reference; null without.';
comment on column ledger_read.account_statement.currency is 'ISO 4217 code.';
comment on column ledger_read.account_statement.debit is 'Amount on the debit side, else 0, in minor units.';
comment on column ledger_read.account_statement.credit is 'Amount on the credit side, else 0, in minor units.';
comment on column ledger_read.account_statement.balance_before is 'The balance before the entry, signed by the normal side, in minor units; null for the moment that the read model of balances is behind.';
comment on column ledger_read.account_statement.balance_after is 'The balance after it, in minor units.';

create view ledger_read.positions as
  select name, position, recorded_at from ledger.projection_checkpoints;
comment on view ledger_read.positions is 'How far each read model has come. Two views of the same position tell of the same moment.';
comment on column ledger_read.positions.name is 'The read model: accounts, account_balances, transactions, entries and more.';
comment on column ledger_read.positions.position is 'Position in the log of the newest event it contains.';
comment on column ledger_read.positions.recorded_at is 'When the event store recorded that event, UTC.';

comment on column ledger.account_balances.account_id is 'The account.';
comment on column ledger.account_balances.company_id is 'The company whose ledger it belongs to.';
comment on column ledger.account_balances.currency is 'ISO 4217 code.';
comment on column ledger.account_balances.exponent is 'Digits after the decimal point of the currency when the account was opened.';
comment on column ledger.accounts.account_id is 'The account.';
comment on column ledger.accounts.name is 'What the company calls it.';
comment on column ledger.accounts.parent_id is 'The account it is a sub-account of; null at the top.';
comment on column ledger.accounts.metadata is 'The company''s own fields: an object of texts.';
comment on column ledger.accounts.status is 'open, frozen, closing or closed.';
comment on column ledger.accounts.opened_at is 'When it was opened, UTC.';
comment on column ledger.entries.transaction_id is 'The transaction.';
comment on column ledger.entries.account_id is 'The account the leg moves.';
comment on column ledger.entries.company_id is 'The company whose ledger it belongs to.';
comment on column ledger.entries.direction is 'debit or credit.';
comment on column ledger.entries.currency is 'ISO 4217 code.';
comment on column ledger.schema_migrations.number is 'The step.';
comment on column ledger.schema_migrations.name is 'What it made.';
comment on column ledger.schema_migrations.checksum is 'SHA-256 of its text as it was applied, in hexadecimal.';
comment on column ledger.schema_migrations.applied_at is 'When, by the database''s clock.';
comment on column ledger.transactions.transaction_id is 'The transaction.';
comment on column ledger.transactions.company_id is 'The company whose ledger it belongs to.';
comment on column ledger.transactions.status is 'posted or rejected.';
comment on column ledger.transactions.description is 'The client''s words; on a rejected one, what was asked for.';
comment on column ledger.transactions.metadata is 'The client''s own fields: an object of texts; null on a rejected one.';
comment on column ledger.transactions.pointer is 'The field of the request that the refusal is about, as a JSON pointer; null without.';
comment on column ledger.transactions.details is 'The figures of the refusal: an object of texts; null on a posted one.';
comment on column ledger.transactions.idempotency_key is 'The key it was sent with.';
`,
} as const satisfies Migration;
