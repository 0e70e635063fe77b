import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { EventStore } from '../../../edges/event-store/event-store.js';
import { transactionIdOf } from '../../identity.js';
import { readAttempts } from '../../posting/outcome.js';
import { TransactionExecutors } from '../executors.js';
import { toRejectedView, toPostedView } from '../transaction-answer.js';
import type { LinkedTransactionView, RejectedTransactionView } from '../transaction-view.js';
import { ReadTransactionQuery } from './read-transaction.query.js';

@QueryHandler(ReadTransactionQuery)
export class ReadTransactionHandler implements IQueryHandler<ReadTransactionQuery> {
  constructor(
    private readonly store: EventStore,
    private readonly transactions: TransactionExecutors,
  ) {}

  async execute({
    principal: { companyId },
    by,
  }: ReadTransactionQuery): Promise<LinkedTransactionView | RejectedTransactionView | null> {
    const transactionId =
      'transactionId' in by ? by.transactionId : transactionIdOf(companyId, by.idempotencyKey);
    const { outcome } = await readAttempts(this.store, transactionId);
    if (outcome?.event.data.companyId !== companyId) return null;
    const { event, position } = outcome;
    if (event.type === 'TransactionRejected') return toRejectedView(event, position);
    // A hold is no transaction yet: it is read as a hold.
    if (event.type !== 'TransactionPosted') return null;
    const since = await this.transactions.read(transactionId, { current: true });
    return { ...toPostedView(event, outcome), reversedBy: since?.state.posted?.reversedBy ?? [] };
  }
}
