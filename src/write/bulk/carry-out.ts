import type { CommandBus } from '@nestjs/cqrs';
import { limits } from '../../config/limits.js';
import { problemOf } from '../../edges/http/command-answer.js';
import type { Problem } from '../../edges/http/problem.js';
import { toProblem } from '../../edges/http/problem-filter.js';
import { measureTransfer } from '../../observability/metrics.js';
import type { CommandContext, CommandOutcome } from '../command.js';
import type { Refusal } from '../refusals.js';
import type { BulkResult } from './bulk-item.http.js';
import { keyOf, readItem, type ReadItem } from './read-item.js';
import { Slots } from './slots.js';

/** What all commands of one bulk request share. */
export interface BulkCaller {
  readonly context: Omit<CommandContext, 'idempotencyKey'>;
  /** The path of the request, for problem documents. */
  readonly instance: string;
  /** Told of what went wrong inside, which the caller is not. */
  readonly onFailure: (problem: Problem) => void;
}

/** One bulk request under way: each command is carried out as if it were alone, so many at a time. */
export class CarryOut {
  private readonly slots = new Slots(limits.bulkCommandsAtOnceMax);

  constructor(
    private readonly commands: CommandBus,
    private readonly caller: BulkCaller,
  ) {}

  /**
   * Carries out one item. Never fails: whatever becomes of it is its result.
   *
   * @param value the item as it was parsed
   */
  item(index: number, value: unknown): Promise<BulkResult> {
    return this.slots.run(async () => {
      try {
        const item = await readItem(value);
        return this.toResult(index, item, await this.execute(item));
      } catch (error) {
        return this.refused(index, keyOf(value), error);
      }
    });
  }

  /** The result of an item that was not carried out. */
  refused(index: number, idempotencyKey: string | null, error: unknown, replayed = false): BulkResult {
    const problem = toProblem(error);
    if (problem.status >= 500) this.caller.onFailure(problem);
    const document = problem.toDocument(this.caller.instance, this.caller.context.requestId);
    return { index, idempotencyKey, status: problem.status, replayed, problem: document };
  }

  private async execute({ idempotencyKey, form, toCommand }: ReadItem): Promise<CommandOutcome<object>> {
    const measured = form === 'hold' ? null : measureTransfer();
    const command = toCommand({ ...this.caller.context, idempotencyKey });
    const outcome: CommandOutcome<object> = await this.commands.execute(command);
    measured?.(outcome.kind, outcome.kind === 'refused' ? outcome.refusal.code : 'none');
    return outcome;
  }

  private toResult(
    index: number,
    { idempotencyKey, form }: ReadItem,
    outcome: CommandOutcome<object>,
  ): BulkResult {
    const { replayed } = outcome;
    if (outcome.kind === 'refused') {
      const problem = problemOf(atForm(outcome.refusal, `/${form}`));
      return this.refused(index, idempotencyKey, problem, replayed);
    }
    const body = { ...outcome.body, position: outcome.position.toString() };
    return { index, idempotencyKey, status: outcome.settled ? 201 : 202, replayed, body };
  }
}

/** A refusal whose pointers begin at the item instead of its command. */
function atForm(refusal: Refusal, place: string): Refusal {
  const { pointer, details } = refusal;
  const { fields } = details;
  return {
    ...refusal,
    pointer: pointer?.startsWith('/') ? `${place}${pointer}` : pointer,
    details:
      refusal.code === 'idempotency-key-reused' && fields
        ? {
            ...details,
            fields: fields
              .split(',')
              .map((field) => `${place}${field}`)
              .join(','),
          }
        : details,
  };
}
