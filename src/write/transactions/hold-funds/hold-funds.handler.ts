import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { Posting } from '../../posting/posting.js';
import type { RoadCommand } from '../../posting/road.js';
import { toConditions } from '../requested-conditions.js';
import { toAuthorizedView } from '../hold-answer.js';
import type { HoldView } from '../hold-view.js';
import { HoldFundsCommand } from './hold-funds.command.js';
import { decideHold } from './hold-funds.decide.js';

@CommandHandler(HoldFundsCommand)
export class HoldFundsHandler implements ICommandHandler<HoldFundsCommand> {
  constructor(private readonly posting: Posting) {}

  execute(command: HoldFundsCommand): Promise<CommandOutcome<HoldView>> {
    return this.posting.post(toRoadCommand(command), toAuthorizedView);
  }
}

/** The command as the posting road takes it. */
export function toRoadCommand({ context, request }: HoldFundsCommand): RoadCommand {
  const { kind, description, reference, metadata } = request;
  return {
    context,
    transactionId: transactionIdOf(context.principal.companyId, context.idempotencyKey),
    text: { kind, description, reference, metadata },
    request,
    parent: null,
    conditions: toConditions(request),
    accountIds: () => request.legs.map((leg) => leg.accountId),
    plan: (facts) => decideHold(request, facts),
  };
}
