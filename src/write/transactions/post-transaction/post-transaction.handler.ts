import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { Posting } from '../../posting/posting.js';
import type { TransactionView } from '../transaction-view.js';
import { PostTransactionCommand } from './post-transaction.command.js';
import { toRequestedPosting } from './requested-posting.js';

@CommandHandler(PostTransactionCommand)
export class PostTransactionHandler implements ICommandHandler<PostTransactionCommand> {
  constructor(private readonly posting: Posting) {}

  execute({ context, request }: PostTransactionCommand): Promise<CommandOutcome<TransactionView>> {
    const { kind, description, reference, metadata } = request;
    return this.posting.post({
      context,
      transactionId: transactionIdOf(context.principal.companyId, context.idempotencyKey),
      requested: toRequestedPosting(request),
      text: { kind, description, reference, metadata },
      request,
    });
  }
}
