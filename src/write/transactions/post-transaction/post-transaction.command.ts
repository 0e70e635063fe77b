import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { Conditional } from '../requested-conditions.js';
import type { RequestedLeg } from '../requested-legs.js';
import type { TransactionView } from '../transaction-view.js';

/** What both forms of the request share. `null` where the client said nothing. */
interface RequestedTransaction extends Conditional {
  /** Instant in UTC, or null for "now". */
  readonly effectiveAt: string | null;
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `POST /v1/transactions`. */
export interface PostTransactionRequest extends RequestedTransaction {
  readonly form: 'transaction';
  readonly legs: readonly RequestedLeg[];
}

/** `POST /v1/transfers`: debits `from`, credits `to`. */
export interface PostTransferRequest extends RequestedTransaction {
  readonly form: 'transfer';
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly currency: string;
  /** The revision that `from` is expected to have, as digits; absent where none is expected. */
  readonly ifMatch?: string;
}

export class PostTransactionCommand extends Command<CommandOutcome<TransactionView>> {
  constructor(
    readonly context: CommandContext,
    readonly request: PostTransactionRequest | PostTransferRequest,
  ) {
    super();
  }
}
