import { Query } from '@nestjs/cqrs';
import type { Result } from '../../../kernel/result.js';
import type { DryRunView } from '../../posting/dry-run.js';
import type { Refusal } from '../../refusals.js';
import type { PostTransactionCommand } from './post-transaction.command.js';

/** What a transaction or a transfer would come to if it were sent now. Stores nothing. */
export class TryTransactionQuery extends Query<Result<DryRunView, Refusal>> {
  constructor(readonly command: PostTransactionCommand) {
    super();
  }
}
