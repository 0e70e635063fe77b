import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { HoldAdministration } from '../administration.js';
import type { HoldView } from '../hold-view.js';
import { VoidHoldCommand } from './void-hold.command.js';
import { decideVoid } from './void-hold.decide.js';

@CommandHandler(VoidHoldCommand)
export class VoidHoldHandler implements ICommandHandler<VoidHoldCommand> {
  constructor(private readonly administration: HoldAdministration) {}

  execute({ context, holdId, request }: VoidHoldCommand): Promise<CommandOutcome<HoldView>> {
    return this.administration.run(context, holdId, 'void-hold', request, decideVoid(request));
  }
}
