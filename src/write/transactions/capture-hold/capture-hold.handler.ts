import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { Posting } from '../../posting/posting.js';
import type { RoadCommand } from '../../posting/road.js';
import { toConditions } from '../requested-conditions.js';
import { toPostedView } from '../transaction-answer.js';
import type { TransactionView } from '../transaction-view.js';
import { CaptureHoldCommand } from './capture-hold.command.js';
import { captureAccountIds, decideCapture } from './capture-hold.decide.js';

@CommandHandler(CaptureHoldCommand)
export class CaptureHoldHandler implements ICommandHandler<CaptureHoldCommand> {
  constructor(private readonly posting: Posting) {}

  execute(command: CaptureHoldCommand): Promise<CommandOutcome<TransactionView>> {
    return this.posting.post(toRoadCommand(command), toPostedView);
  }
}

/** The command as the posting road takes it. */
function toRoadCommand({ context, holdId, request }: CaptureHoldCommand): RoadCommand {
  const { kind, description, reference, metadata } = request;
  const captureId = transactionIdOf(context.principal.companyId, context.idempotencyKey);
  return {
    context,
    transactionId: captureId,
    text: { kind, description, reference, metadata },
    request: { ...request, holdId },
    parent: { relation: 'capture', transactionId: holdId },
    conditions: toConditions(request),
    accountIds: (parent) => captureAccountIds(request.legs, parent?.hold ?? null),
    plan: (facts) => decideCapture(request, { holdId, captureId }, facts),
  };
}
