import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Result } from '../../../kernel/result.js';
import { DryRun, type DryRunView } from '../../posting/dry-run.js';
import type { Refusal } from '../../refusals.js';
import { toRoadCommand } from './hold-funds.handler.js';
import { TryHoldQuery } from './try-hold.query.js';

@QueryHandler(TryHoldQuery)
export class TryHoldHandler implements IQueryHandler<TryHoldQuery> {
  constructor(private readonly dryRun: DryRun) {}

  execute({ command }: TryHoldQuery): Promise<Result<DryRunView, Refusal>> {
    return this.dryRun.run(toRoadCommand(command));
  }
}
