import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { HoldView } from '../hold-view.js';

/** `POST /v1/holds/{holdId}/void`. */
export interface VoidHoldRequest {
  readonly reason: string | null;
}

export class VoidHoldCommand extends Command<CommandOutcome<HoldView>> {
  constructor(
    readonly context: CommandContext,
    readonly holdId: string,
    readonly request: VoidHoldRequest,
  ) {
    super();
  }
}
