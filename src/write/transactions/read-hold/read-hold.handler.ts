import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TransactionExecutors } from '../executors.js';
import { visibleHold } from '../hold-rules.js';
import { toHoldView } from '../hold-answer.js';
import type { HoldView } from '../hold-view.js';
import { ReadHoldQuery } from './read-hold.query.js';

@QueryHandler(ReadHoldQuery)
export class ReadHoldHandler implements IQueryHandler<ReadHoldQuery> {
  constructor(private readonly executors: TransactionExecutors) {}

  async execute({
    principal,
    holdId,
  }: ReadHoldQuery): Promise<{ readonly hold: HoldView; readonly position: string } | null> {
    const stream = await this.executors.read(holdId, { current: true });
    const hold = visibleHold(stream?.state ?? null, principal.companyId);
    if (!stream || !hold) return null;
    return { hold: toHoldView(hold, stream.revision), position: stream.position.toString() };
  }
}
