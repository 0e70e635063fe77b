import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import { transactionIdOf } from '../../identity.js';
import { decidePlan } from '../../posting/plan.decide.js';
import { Posting } from '../../posting/posting.js';
import type { Condition, RoadCommand } from '../../posting/road.js';
import { toCondition, toConditions } from '../requested-conditions.js';
import { toPostedView } from '../transaction-answer.js';
import type { TransactionView } from '../transaction-view.js';
import {
  PostTransactionCommand,
  type PostTransactionRequest,
  type PostTransferRequest,
} from './post-transaction.command.js';
import { toRequestedPosting } from './requested-posting.js';

@CommandHandler(PostTransactionCommand)
export class PostTransactionHandler implements ICommandHandler<PostTransactionCommand> {
  constructor(private readonly posting: Posting) {}

  execute(command: PostTransactionCommand): Promise<CommandOutcome<TransactionView>> {
    return this.posting.post(toRoadCommand(command), toPostedView);
  }
}

/** The command as the posting road takes it. */
export function toRoadCommand({ context, request }: PostTransactionCommand): RoadCommand {
  const { kind, description, reference, metadata } = request;
  const requested = toRequestedPosting(request);
  return {
    context,
    transactionId: transactionIdOf(context.principal.companyId, context.idempotencyKey),
    text: { kind, description, reference, metadata },
    request,
    parent: null,
    conditions: conditionsOf(request),
    accountIds: () => requested.legs.map((leg) => leg.accountId),
    plan: (facts) => {
      const legs = decidePlan(requested, facts);
      if (!legs.ok) return legs;
      const effectiveAtMs = requested.effectiveAtMs ?? facts.nowMs;
      return { ok: true, value: { legs: legs.value, outcome: { kind: 'post', effectiveAtMs }, guard: null } };
    },
  };
}

function conditionsOf(request: PostTransactionRequest | PostTransferRequest): readonly Condition[] {
  const asked = toConditions(request);
  if (request.form !== 'transfer' || request.ifMatch === undefined) return asked;
  const expected = { accountId: request.from, availableMin: null, revision: request.ifMatch };
  return [toCondition(expected, '#header/If-Match'), ...asked];
}
