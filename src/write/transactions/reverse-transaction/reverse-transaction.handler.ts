import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { Posting } from '../../posting/posting.js';
import type { RoadCommand } from '../../posting/road.js';
import { toPostedView } from '../transaction-answer.js';
import type { TransactionView } from '../transaction-view.js';
import { ReverseTransactionCommand } from './reverse-transaction.command.js';
import { decideReversal, reversalAccountIds } from './reverse-transaction.decide.js';

@CommandHandler(ReverseTransactionCommand)
export class ReverseTransactionHandler implements ICommandHandler<ReverseTransactionCommand> {
  constructor(private readonly posting: Posting) {}

  execute(command: ReverseTransactionCommand): Promise<CommandOutcome<TransactionView>> {
    return this.posting.post(toRoadCommand(command), toPostedView);
  }
}

/** The command as the posting road takes it. */
function toRoadCommand({ context, originalId, request }: ReverseTransactionCommand): RoadCommand {
  const { kind, description, reference, metadata } = request;
  const reversalId = transactionIdOf(context.principal.companyId, context.idempotencyKey);
  return {
    context,
    transactionId: reversalId,
    text: { kind, description, reference, metadata },
    request: { ...request, originalId },
    parent: { relation: 'reversal', transactionId: originalId },
    conditions: [],
    accountIds: reversalAccountIds,
    plan: (facts) => decideReversal(request, { originalId, reversalId }, facts),
  };
}
