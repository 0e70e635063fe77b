import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { HoldAdministration } from '../administration.js';
import type { HoldView } from '../hold-view.js';
import { ExtendHoldCommand } from './extend-hold.command.js';
import { decideExtend } from './extend-hold.decide.js';

@CommandHandler(ExtendHoldCommand)
export class ExtendHoldHandler implements ICommandHandler<ExtendHoldCommand> {
  constructor(private readonly administration: HoldAdministration) {}

  execute({ context, holdId, request }: ExtendHoldCommand): Promise<CommandOutcome<HoldView>> {
    return this.administration.run(context, holdId, 'extend-hold', request, decideExtend(request));
  }
}
