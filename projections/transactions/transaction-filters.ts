import type { Conditions } from '../runtime/conditions.js';

/** Metadata that a transaction must have. */
export interface MetadataFilter {
  readonly key: string;
  /** Null when any value will do. */
  readonly text: string | null;
}

/** What to list; null where it does not matter. Ranges of time are half-open, ranges of amounts are not. */
export interface TransactionFilters {
  readonly reference: string | null;
  readonly idempotencyKey: string | null;
  readonly status: 'posted' | 'rejected' | null;
  readonly kind: string | null;
  /** This and the next three must hold for one and the same leg. */
  readonly accountId: string | null;
  readonly currency: string | null;
  readonly amountMin: bigint | null;
  readonly amountMax: bigint | null;
  readonly effectiveFrom: string | null;
  readonly effectiveTo: string | null;
  readonly recordedFrom: string | null;
  readonly recordedTo: string | null;
  readonly metadata: readonly MetadataFilter[];
}

/** Whether the filters ask for anything that only the legs tell. */
export function asksForLegs({ accountId, currency, amountMin, amountMax }: TransactionFilters): boolean {
  return accountId !== null || currency !== null || amountMin !== null || amountMax !== null;
}

/**
 * Writes the statement that lists transactions, newest first, as the columns of `ledger.transactions`.
 *
 * With an account it walks that account's entries from the newest down; else it walks the company's transactions.
 *
 * @param before only positions below this; null for all
 * @param rowsMax how many rows to read
 * @returns the statement's text; its values are added to `where`
 */
export function listStatement(
  where: Conditions,
  companyId: string,
  filters: TransactionFilters,
  before: bigint | null,
  rowsMax: number,
): string {
  const { accountId, currency, amountMin, amountMax } = filters;
  const legs = where
    .apart()
    .and('leg.account_id = ?', accountId)
    .and('leg.currency = ?', currency)
    .and('leg.amount >= ?', amountMin)
    .and('leg.amount <= ?', amountMax);
  where
    .and('transaction.company_id = ?', companyId)
    .and('transaction.reference = ?', filters.reference)
    .and('transaction.idempotency_key = ?', filters.idempotencyKey)
    .and('transaction.status = ?', filters.status)
    .and('transaction.kind = ?', filters.kind)
    .and('transaction.effective_at >= ?', filters.effectiveFrom)
    .and('transaction.effective_at < ?', filters.effectiveTo)
    .and('transaction.recorded_at >= ?', filters.recordedFrom)
    .and('transaction.recorded_at < ?', filters.recordedTo)
    .and('transaction.position < ?', before);
  for (const { key, text } of filters.metadata) {
    // The index leaves out transactions without metadata, and is only used where the statement does too.
    if (text === null) where.and(`transaction.metadata <> '{}' and transaction.metadata ? ?`, key);
    else
      where.and(
        `transaction.metadata <> '{}' and transaction.metadata @> ?`,
        JSON.stringify({ [key]: text }),
      );
  }
  const limit = where.parameter(rowsMax);
  if (accountId === null) {
    const legsToo = asksForLegs(filters)
      ? ` and exists (select from ledger.entries leg
                       where leg.transaction_id = transaction.transaction_id and ${legs.text})`
      : '';
    return `select transaction.* from ledger.transactions transaction
             where ${where.text}${legsToo} order by transaction.position desc limit ${limit}`;
  }
  // A transaction may have several legs on one account, which come one after the other.
  return `select transaction.*
            from (select distinct leg.position from ledger.entries leg
                   where ${legs.and('leg.position < ?', before).text} order by leg.position desc) touched
            join ledger.transactions transaction on transaction.position = touched.position
           where ${where.text} order by touched.position desc limit ${limit}`;
}
