import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { HoldView } from '../hold-view.js';

/** `POST /v1/holds/{holdId}/extend`. */
export interface ExtendHoldRequest {
  /** Instant in UTC, later than the present one. */
  readonly expiresAt: string;
}

export class ExtendHoldCommand extends Command<CommandOutcome<HoldView>> {
  constructor(
    readonly context: CommandContext,
    readonly holdId: string,
    readonly request: ExtendHoldRequest,
  ) {
    super();
  }
}
