import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { EventStore } from '../../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { assert } from '../../../kernel/assert.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import type { IdSource } from '../../../kernel/ids.js';
import type { CommandOutcome } from '../../command.js';
import { eventMetadata } from '../../event-metadata.js';
import { accountIdOf, differingFields, requestHashOf } from '../../identity.js';
import { refusal } from '../../refusals.js';
import { CLOCK, ID_SOURCE } from '../../tokens.js';
import { Inject } from '@nestjs/common';
import type { AccountView } from '../account-view.js';
import { accountStream, type AccountOpened } from '../events.js';
import { AccountExecutors } from '../executors.js';
import { evolve, toAccountView, type AccountState } from '../state.js';
import { OpenAccountCommand } from './open-account.command.js';
import { decideOpenAccount } from './open-account.decide.js';

/** The account's id comes from the key, so the stream itself is the idempotency record: it can be created once. */
@CommandHandler(OpenAccountCommand)
export class OpenAccountHandler implements ICommandHandler<OpenAccountCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly executors: AccountExecutors,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
  ) {}

  async execute({ context, request }: OpenAccountCommand): Promise<CommandOutcome<AccountView>> {
    const { companyId } = context.principal;
    const accountId = accountIdOf(companyId, context.idempotencyKey);
    const requestHash = requestHashOf(request);
    const decided = decideOpenAccount(request, {
      accountId,
      companyId,
      idempotencyKey: context.idempotencyKey,
      requestHash,
      now: toInstant(this.clock.nowMs()),
      parent: request.parentId === null ? null : await this.findParent(companyId, request.parentId),
    });
    if (!decided.ok)
      return (await this.replay(accountId, request, requestHash)) ?? refusedNow(decided.refusal);

    // Not derived from the request: a retry must learn that the account was opened, not be told that it opened it.
    const id = this.ids.newId();
    const event = decided.value;
    const appended = await this.store.append(accountStream(accountId), 'no_stream', [
      { id, ...event, metadata: eventMetadata(context, accountId) },
    ]);
    if (appended.kind === 'appended') {
      const { position } = appended;
      this.executors.begin(accountId, { id, event, position });
      return { ...answerOpened(event, request, requestHash, position), replayed: false };
    }
    const first = await this.replay(accountId, request, requestHash);
    assert(first !== null, `${accountStream(accountId)} exists, so it has a first event.`);
    return first;
  }

  private async findParent(companyId: string, parentId: string): Promise<AccountState | null> {
    const parent = await this.executors.read(parentId, { current: true });
    return parent?.state.companyId === companyId ? parent.state : null;
  }

  /** What the key was answered first, or null when it is new. */
  private async replay(
    accountId: string,
    request: object,
    requestHash: string,
  ): Promise<CommandOutcome<AccountView> | null> {
    const page = await this.store.readStream(accountStream(accountId), { countMax: 1 });
    const recorded = page.events[0];
    if (!recorded) return null;
    const opened = toLedgerEvent(recorded);
    assert(opened.type === 'AccountOpened', `${accountStream(accountId)} begins with AccountOpened.`);
    return answerOpened(opened, request, requestHash, recorded.position);
  }
}

function answerOpened(
  opened: AccountOpened,
  request: object,
  requestHash: string,
  position: bigint,
): CommandOutcome<AccountView> {
  if (opened.data.requestHash !== requestHash) {
    const fields = differingFields(opened.data.request, request).join(',');
    return refusedNow(refusal('idempotency-key-reused', null, { fields }));
  }
  const body = toAccountView(evolve(null, opened), 0n);
  return { kind: 'accepted', body, position, replayed: true, settled: true };
}

function refusedNow(why: ReturnType<typeof refusal>): CommandOutcome<AccountView> {
  return { kind: 'refused', refusal: why, position: null, replayed: false };
}
