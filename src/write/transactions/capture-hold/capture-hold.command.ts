import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { Conditional } from '../requested-conditions.js';
import type { RequestedLeg } from '../requested-legs.js';
import type { TransactionView } from '../transaction-view.js';

/** `POST /v1/holds/{holdId}/capture`. */
export interface CaptureHoldRequest extends Conditional {
  readonly form: 'capture';
  /** A balanced transaction whose lowering legs are held; null captures all of a hold that balances and is untouched. */
  readonly legs: readonly RequestedLeg[] | null;
  /** Whether what remains is released; always so when no legs are named. */
  readonly final: boolean;
  /** Instant in UTC, or null for "now". */
  readonly effectiveAt: string | null;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export class CaptureHoldCommand extends Command<CommandOutcome<TransactionView>> {
  constructor(
    readonly context: CommandContext,
    readonly holdId: string,
    readonly request: CaptureHoldRequest,
  ) {
    super();
  }
}
