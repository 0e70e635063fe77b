import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { HoldView } from '../hold-view.js';
import type { Conditional } from '../requested-conditions.js';
import type { RequestedLeg } from '../requested-legs.js';

/** `POST /v1/holds`. */
export interface HoldFundsRequest extends Conditional {
  readonly form: 'hold';
  /** Either only legs that lower balances, or legs that balance in every currency. */
  readonly legs: readonly RequestedLeg[];
  /** Instant in UTC, or null for the default duration. */
  readonly expiresAt: string | null;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export class HoldFundsCommand extends Command<CommandOutcome<HoldView>> {
  constructor(
    readonly context: CommandContext,
    readonly request: HoldFundsRequest,
  ) {
    super();
  }
}
