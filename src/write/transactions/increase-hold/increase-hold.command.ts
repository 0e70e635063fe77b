import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { RequestedLeg } from '../requested-legs.js';
import type { LegView } from '../transaction-view.js';

/** `POST /v1/holds/{holdId}/increase`: holds more, for as long as the hold lives. */
export interface IncreaseHoldRequest {
  readonly form: 'increase';
  readonly legs: readonly RequestedLeg[];
  readonly description: string | null;
}

/** The frozen answer of an increase. */
export interface IncreaseView {
  readonly increaseId: string;
  readonly holdId: string;
  readonly description: string | null;
  readonly legs: readonly LegView[];
  readonly recordedAt: string;
  readonly idempotencyKey: string;
}

export class IncreaseHoldCommand extends Command<CommandOutcome<IncreaseView>> {
  constructor(
    readonly context: CommandContext,
    readonly holdId: string,
    readonly request: IncreaseHoldRequest,
  ) {
    super();
  }
}
