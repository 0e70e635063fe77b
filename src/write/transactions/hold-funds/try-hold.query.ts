import { Query } from '@nestjs/cqrs';
import type { Result } from '../../../kernel/result.js';
import type { DryRunView } from '../../posting/dry-run.js';
import type { Refusal } from '../../refusals.js';
import type { HoldFundsCommand } from './hold-funds.command.js';

/** What a hold would come to if it were sent now. Stores nothing. */
export class TryHoldQuery extends Query<Result<DryRunView, Refusal>> {
  constructor(readonly command: HoldFundsCommand) {
    super();
  }
}
