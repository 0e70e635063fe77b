import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { TransactionView } from '../transaction-view.js';

/** What a reversal takes back of one leg of the original. */
export interface RequestedReversalLeg {
  /** 0-based index into the original's legs. */
  readonly leg: number;
  /** Minor units as digits, validated at the edge. */
  readonly amount: string;
}

/** `POST /v1/transactions/{transactionId}/reverse`. */
export interface ReverseTransactionRequest {
  readonly form: 'reversal';
  /** Null takes back all that is left. */
  readonly legs: readonly RequestedReversalLeg[] | null;
  /** When the reversal takes effect: at the original's effective time, or now. */
  readonly effective: 'original' | 'now';
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export class ReverseTransactionCommand extends Command<CommandOutcome<TransactionView>> {
  constructor(
    readonly context: CommandContext,
    readonly originalId: string,
    readonly request: ReverseTransactionRequest,
  ) {
    super();
  }
}
