import type { CommandBus } from '@nestjs/cqrs';
import { limits } from '../../config/limits.js';
import { problemOf } from '../../edges/http/command-answer.js';
import type { Problem } from '../../edges/http/problem.js';
import { toProblem } from '../../edges/http/problem-filter.js';
import { measureTransfer } from '../../observability/metrics.js';
import { TooBusy, type CommandContext, type CommandOutcome } from '../command.js';
import { MACHINE_PATIENCE, type Patience } from '../patience.js';
import type { Refusal } from '../refusals.js';
import type { BulkResult } from './bulk-item.http.js';
import type { Places } from './places.js';
import { keyOf, readItem, type ReadItem } from './read-item.js';
import { Slots } from './slots.js';

/** A command that is begun by then has its whole time before the request's is over. */
const BEGIN_MS_MAX = limits.bulkTimeoutMs - limits.commandTimeoutMs;

/** What all commands of one bulk request share. */
export interface BulkCaller {
  readonly context: Omit<CommandContext, 'idempotencyKey'>;
  /** The path of the request, for problem documents. */
  readonly instance: string;
  /** Told of what went wrong inside, which the caller is not. */
  readonly onFailure: (problem: Problem) => void;
}

/** What is answered while there is no place for another request that has commands to carry out. */
export function tooManyRequests(): TooBusy {
  return new TooBusy(`${limits.bulkRequestsAtOnceMax} bulk requests are under way: send it again shortly.`);
}

/**
 * One bulk request: each command is carried out as if it were alone, so many at a time. It has one of the places while it
 * has commands to carry out, and only then: a client that sends nothing keeps nobody out.
 */
export class CarryOut {
  private underWay = 0;
  private readonly slots = new Slots(limits.bulkCommandsAtOnceMax);

  constructor(
    private readonly commands: CommandBus,
    private readonly caller: BulkCaller,
    private readonly places: Places,
    private readonly patience: Pick<Patience, 'elapsedMs'> = MACHINE_PATIENCE,
  ) {}

  /**
   * Carries out one item. Never fails: whatever becomes of it is its result, at most `bulkTimeoutMs` from now. One whose
   * turn comes too late for that, or that there is no place for, is never begun, and is told so.
   *
   * @param value the item as it was parsed
   */
  async item(index: number, value: unknown): Promise<BulkResult> {
    if (this.underWay === 0 && !this.places.take()) {
      return this.refused(index, keyOf(value), tooManyRequests());
    }
    this.underWay += 1;
    const beginByMs = this.patience.elapsedMs() + BEGIN_MS_MAX;
    try {
      return await this.slots.run(() => this.inTurn(index, value, beginByMs));
    } finally {
      this.underWay -= 1;
      if (this.underWay === 0) this.places.giveBack();
    }
  }

  /** The result of an item that was not carried out. */
  refused(index: number, idempotencyKey: string | null, error: unknown, replayed = false): BulkResult {
    const problem = toProblem(error);
    if (problem.status >= 500) this.caller.onFailure(problem);
    const document = problem.toDocument(this.caller.instance, this.caller.context.requestId);
    return { index, idempotencyKey, status: problem.status, replayed, problem: document };
  }

  private async inTurn(index: number, value: unknown, beginByMs: number): Promise<BulkResult> {
    try {
      if (this.patience.elapsedMs() > beginByMs) {
        throw new TooBusy(`${BEGIN_MS_MAX / 1_000} s went by before its turn came: send it again shortly.`);
      }
      const item = await readItem(value);
      return this.toResult(index, item, await this.execute(item));
    } catch (error) {
      return this.refused(index, keyOf(value), error);
    }
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
