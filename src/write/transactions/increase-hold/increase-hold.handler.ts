import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assert } from '../../../kernel/assert.js';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { Posting } from '../../posting/posting.js';
import type { TransactionAuthorized, TransactionPosted } from '../events.js';
import { IncreaseHoldCommand, type IncreaseView } from './increase-hold.command.js';
import { decideIncrease } from './increase-hold.decide.js';

@CommandHandler(IncreaseHoldCommand)
export class IncreaseHoldHandler implements ICommandHandler<IncreaseHoldCommand> {
  constructor(private readonly posting: Posting) {}

  execute({ context, holdId, request }: IncreaseHoldCommand): Promise<CommandOutcome<IncreaseView>> {
    const { description, legs } = request;
    const increaseId = transactionIdOf(context.principal.companyId, context.idempotencyKey);
    const command = {
      context,
      transactionId: increaseId,
      text: { kind: 'increase', description, reference: null, metadata: {} },
      request: { ...request, holdId },
      parent: { relation: 'increase', transactionId: holdId } as const,
      conditions: [],
      accountIds: () => legs.map((leg) => leg.accountId),
      plan: (facts: Parameters<typeof decideIncrease>[2]) =>
        decideIncrease(request, { holdId, increaseId }, facts),
    };
    return this.posting.post(command, toIncreaseView);
  }
}

function toIncreaseView(event: TransactionPosted | TransactionAuthorized): IncreaseView {
  assert(event.type === 'TransactionAuthorized' && event.data.parent, 'An increase is authorized on a hold.');
  const { transactionId, parent, description, legs, recordedAt, idempotencyKey } = event.data;
  return {
    increaseId: transactionId,
    holdId: parent.transactionId,
    description,
    legs: legs.map(({ accountId, direction, amount, currency }) => ({
      accountId,
      direction,
      amount,
      currency,
    })),
    recordedAt,
    idempotencyKey,
  };
}
