import { Query } from '@nestjs/cqrs';
import type { Principal } from '../../../kernel/principal.js';
import type { LinkedTransactionView, RejectedTransactionView } from '../transaction-view.js';

/** Reads one transaction from its stream, by id or by the idempotency key that made it. Answers null when the company has none. */
export class ReadTransactionQuery extends Query<LinkedTransactionView | RejectedTransactionView | null> {
  constructor(
    readonly principal: Principal,
    readonly by: { readonly transactionId: string } | { readonly idempotencyKey: string },
  ) {
    super();
  }
}
