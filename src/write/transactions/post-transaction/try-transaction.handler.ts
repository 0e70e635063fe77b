import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Result } from '../../../kernel/result.js';
import { DryRun, type DryRunView } from '../../posting/dry-run.js';
import type { Refusal } from '../../refusals.js';
import { toRoadCommand } from './post-transaction.handler.js';
import { TryTransactionQuery } from './try-transaction.query.js';

@QueryHandler(TryTransactionQuery)
export class TryTransactionHandler implements IQueryHandler<TryTransactionQuery> {
  constructor(private readonly dryRun: DryRun) {}

  execute({ command }: TryTransactionQuery): Promise<Result<DryRunView, Refusal>> {
    return this.dryRun.run(toRoadCommand(command));
  }
}
