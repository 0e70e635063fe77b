import { limits } from '../../config/limits.js';
import type { EventStore } from '../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import { success, type Result } from '../../kernel/result.js';
import type { CommandContext, CommandOutcome } from '../command.js';
import { eventMetadata } from '../event-metadata.js';
import { accountCommandIdOf, differingFields, eventIdOf, requestHashOf } from '../identity.js';
import { refusal, type Refusal } from '../refusals.js';
import type { AccountView } from './account-view.js';
import {
  accountCommandStream,
  accountStream,
  type AccountCommandAccepted,
  type AccountEvent,
} from './events.js';
import type { AccountExecutors } from './executors.js';
import { evolve, toAccountView, type AccountState } from './state.js';

/** What an administrative decision is told besides its request. */
export interface CommandFacts {
  readonly commandId: string;
  readonly now: string;
}

/** An administrative event before the answer it carries is known. */
export type UnansweredEvent = (answer: AccountView) => AccountEvent;

/** Decides one administrative command: one or two events, or the rule that forbids it. Pure. */
export type DecideAdministration = (
  account: AccountState,
  facts: CommandFacts,
) => Result<readonly UnansweredEvent[], Refusal>;

/**
 * The one road of every administrative command on an account (freeze, close, change, ...).
 *
 * 1 claim the key, remembering which revision the account had; 2 append the account's event, unless it stands after that
 * revision already; 3 answer what the event recorded. A success is final for its key; a refusal is not: the account may
 * allow the same request later.
 */
export class AccountAdministration {
  constructor(
    private readonly store: EventStore,
    private readonly executors: AccountExecutors,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /**
   * @param command the command's name; one key stands for one command of one kind
   * @throws TooBusy, TryAgain, EventStoreUnavailable
   */
  async run(
    context: CommandContext,
    accountId: string,
    command: string,
    request: object,
    decide: DecideAdministration,
  ): Promise<CommandOutcome<AccountView>> {
    const account = await this.executors.read(accountId, { current: false });
    if (account?.state.companyId !== context.principal.companyId) {
      return refusedNow(refusal('account-must-exist', null, { accountId }));
    }
    const commandId = accountCommandIdOf(accountId, context.idempotencyKey);
    const claimed = { command, ...request };
    const { claim, first } = await this.claim(context, {
      accountId,
      commandId,
      claimed,
      revision: account.revision,
    });
    const requestHash = requestHashOf(claimed);
    if (claim.data.requestHash !== requestHash) {
      const fields = differingFields(claim.data.request, claimed).join(',');
      return refusedNow(refusal('idempotency-key-reused', null, { fields }));
    }
    // Another process may have carried the command out since this one looked. From an older view we would append the same
    // event again; the store would call that the same append, and we would call a replay a first answer.
    if (!first) await this.executors.read(accountId, { current: true });

    const facts = { commandId, now: toInstant(this.clock.nowMs()) };
    const outcome = await this.executors.execute<Result<AccountView, Refusal>>(accountId, {
      afterRevision: BigInt(claim.data.afterRevision),
      doneWhen: eventIdOf(commandId, 'outcome'),
      alone: true,
      deadlineMs: performance.now() + limits.commandTimeoutMs,
      metadata: eventMetadata(context, commandId),
      decide: (state, revision) => {
        assert(state !== null, 'An account that was read exists.');
        const decided = decide(state, facts);
        if (!decided.ok) return { events: [], result: decided };
        const answer = answerAfter(state, revision, decided.value);
        const last = decided.value.length - 1;
        return {
          events: decided.value.map((event, index) => ({
            // The last event proves that all of them stand: they are appended together.
            id: eventIdOf(commandId, index === last ? 'outcome' : `step:${index}`),
            event: event(answer),
          })),
          result: success(answer),
        };
      },
    });
    if (outcome.kind === 'done-before') return this.replay(accountId, outcome.eventRevision);
    if (!outcome.result.ok) return refusedNow(outcome.result.refusal);
    assert(outcome.position !== null, 'An accepted command appended an event.');
    return {
      kind: 'accepted',
      body: outcome.result.value,
      position: outcome.position,
      replayed: false,
      settled: true,
    };
  }

  /** Takes the key for this command, or returns what it was taken for first. */
  private async claim(
    context: CommandContext,
    {
      accountId,
      commandId,
      claimed,
      revision,
    }: { accountId: string; commandId: string; claimed: object; revision: bigint },
  ): Promise<{ readonly claim: AccountCommandAccepted; readonly first: boolean }> {
    const stream = accountCommandStream(commandId);
    const claim: AccountCommandAccepted = {
      type: 'AccountCommandAccepted',
      data: {
        commandId,
        accountId,
        companyId: context.principal.companyId,
        idempotencyKey: context.idempotencyKey,
        requestHash: requestHashOf(claimed),
        request: claimed,
        afterRevision: revision.toString(),
        at: toInstant(this.clock.nowMs()),
      },
    };
    // Not derived from the command: a retry must learn the first claim's revision, not be told that it made the claim.
    const id = this.ids.newId();
    const appended = await this.store.append(stream, 'no_stream', [
      { id, ...claim, metadata: eventMetadata(context, commandId) },
    ]);
    if (appended.kind === 'appended') return { claim, first: true };
    const page = await this.store.readStream(stream, { countMax: 1 });
    const recorded = page.events[0];
    assert(recorded, `${stream} exists, so it has a first event.`);
    const event = toLedgerEvent(recorded);
    assert(event.type === 'AccountCommandAccepted', `${stream} begins with the claim.`);
    return { claim: event, first: false };
  }

  private async replay(accountId: string, revision: bigint): Promise<CommandOutcome<AccountView>> {
    const page = await this.store.readStream(accountStream(accountId), { from: revision, countMax: 1 });
    const recorded = page.events[0];
    assert(recorded, `Revision ${revision} of ${accountStream(accountId)} was seen before.`);
    const event = toLedgerEvent(recorded);
    assert('answer' in event.data, `${event.type} at revision ${revision} recorded its answer.`);
    return {
      kind: 'accepted',
      body: event.data.answer,
      position: recorded.position,
      replayed: true,
      settled: true,
    };
  }
}

/** The account as it will stand once all these events do. */
function answerAfter(state: AccountState, revision: bigint, events: readonly UnansweredEvent[]): AccountView {
  const before = toAccountView(state, revision);
  const after = events.reduce((folded, event) => evolve(folded, event(before)), state);
  return toAccountView(after, revision + BigInt(events.length));
}

function refusedNow(why: Refusal): CommandOutcome<AccountView> {
  return { kind: 'refused', refusal: why, position: null, replayed: false };
}
