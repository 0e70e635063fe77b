import type { RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { toColumns } from '../../src/edges/postgres/columns.js';
import { assert } from '../../src/kernel/assert.js';
import type { Parent } from '../../src/write/transactions/events.js';
import type { LegView } from '../../src/write/transactions/transaction-view.js';
import type { Projection } from '../runtime/projection.js';

interface TransactionRow {
  readonly transactionId: string;
  readonly companyId: string;
  readonly status: 'posted' | 'rejected';
  readonly kind: string | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly effectiveAt: string | null;
  readonly recordedAt: string;
  readonly legs: readonly LegView[] | null;
  readonly parent: Parent | null;
  readonly code: string | null;
  readonly pointer: string | null;
  readonly details: Readonly<Record<string, string>> | null;
  readonly idempotencyKey: string;
  readonly requestHash: string;
  readonly position: bigint;
}

/** Every transaction that came to an outcome, with the frozen answer. */
export const transactionsProjection: Projection = {
  name: 'transactions',
  tables: ['transactions'],
  handles: ['TransactionPosted', 'TransactionRejected'],
  async apply(sql, events) {
    // Plain inserts: a second outcome of one transaction breaks the primary key, and with it stops here.
    await sql.query(
      `insert into transactions (transaction_id, company_id, status, kind, description, reference, metadata,
                                 effective_at, recorded_at, legs, parent, code, pointer, details,
                                 idempotency_key, request_hash, position)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
                            $8::timestamptz[], $9::timestamptz[], $10::jsonb[], $11::jsonb[], $12::text[],
                            $13::text[], $14::jsonb[], $15::text[], $16::text[], $17::bigint[])`,
      toColumns(events.map(toRow), [
        (row) => row.transactionId,
        (row) => row.companyId,
        (row) => row.status,
        (row) => row.kind,
        (row) => row.description,
        (row) => row.reference,
        (row) => toJson(row.metadata),
        (row) => row.effectiveAt,
        (row) => row.recordedAt,
        (row) => toJson(row.legs),
        (row) => toJson(row.parent),
        (row) => row.code,
        (row) => row.pointer,
        (row) => toJson(row.details),
        (row) => row.idempotencyKey,
        (row) => row.requestHash,
        (row) => row.position,
      ]),
    );
  },
};

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function toRow(event: RecordedLedgerEvent): TransactionRow {
  switch (event.type) {
    case 'TransactionPosted': {
      const { attemptId: _attempt, request: _request, legs, ...data } = event.data;
      return {
        ...data,
        status: 'posted',
        legs: legs.map(({ accountId, direction, amount, currency }) => ({
          accountId,
          direction,
          amount,
          currency,
        })),
        code: null,
        pointer: null,
        details: null,
        position: event.position,
      };
    }
    case 'TransactionRejected': {
      const { attemptId: _attempt, request, ...data } = event.data;
      return {
        ...data,
        status: 'rejected',
        kind: textField(request, 'kind'),
        description: textField(request, 'description'),
        reference: textField(request, 'reference'),
        metadata: null,
        effectiveAt: null,
        legs: null,
        parent: null,
        position: event.position,
      };
    }
    default:
      assert(false, `${event.type} is no outcome of a transaction.`);
  }
}

/** A refused request is stored as it was sent, so its fields are looked for rather than trusted. */
function textField(request: object, name: string): string | null {
  const value: unknown = Object.entries(request).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : null;
}
