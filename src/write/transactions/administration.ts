import type { EventStore } from '../../edges/event-store/event-store.js';
import {
  toLedgerEvent,
  type LedgerEvent,
  type RecordedLedgerEvent,
} from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import type { Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import { Administration, type Claimed, type DecideAdministration as Decide } from '../administration.js';
import type { CommandContext } from '../command.js';
import { eventMetadata } from '../event-metadata.js';
import { transactionIdOf } from '../identity.js';
import type { Settlement } from '../posting/settle.js';
import { refusal } from '../refusals.js';
import { transactionStream, type HoldCommandAccepted, type TransactionEvent } from './events.js';
import type { TransactionExecutors } from './executors.js';
import { visibleHold } from './hold-rules.js';
import { toHoldView } from './hold-answer.js';
import type { HoldView } from './hold-view.js';
import { evolveTransaction, type TransactionState } from './state.js';

/** Decides one command that changes a hold without moving money. Pure. */
export type DecideHoldAdministration = Decide<TransactionState, TransactionEvent, HoldView>;

/**
 * The road of every command that changes a hold without moving money. It claims its key where a transaction of that key would
 * stand, so that one key stands for one command of whatever kind.
 */
export class HoldAdministration extends Administration<TransactionState, TransactionEvent, HoldView> {
  constructor(
    executors: TransactionExecutors,
    private readonly settlement: Settlement,
    store: EventStore,
    clock: Clock,
    ids: IdSource,
  ) {
    super(
      {
        executors,
        streamOf: transactionStream,
        evolve: evolveTransaction,
        isVisible: (state, companyId) => visibleHold(state, companyId) !== null,
        notFound: (holdId) => refusal('hold-must-exist', null, { holdId }),
        view: (state, revision) => {
          assert(state.hold, 'Only holds are administered as holds.');
          return toHoldView(state.hold, revision);
        },
        commandIdOf: ({ principal, idempotencyKey }) => transactionIdOf(principal.companyId, idempotencyKey),
        claimStreamOf: transactionStream,
        claimEvent: ({ now, targetId, ...facts }): HoldCommandAccepted => ({
          type: 'HoldCommandAccepted',
          data: { ...facts, holdId: targetId, at: now },
        }),
        readClaim: (first) => claimedBy(toLedgerEvent(first)),
        answerOf: (event) => {
          assert(
            'answer' in event.data && 'holdId' in event.data.answer,
            `${event.type} recorded its answer.`,
          );
          return event.data.answer;
        },
      },
      store,
      clock,
      ids,
    );
  }

  /** Gives back on the accounts what a hold owes. */
  protected override settle(context: CommandContext, events: readonly LedgerEvent[]): Promise<boolean> {
    const owed = events.flatMap((event) => ('released' in event.data ? event.data.released : []));
    const commandId = transactionIdOf(context.principal.companyId, context.idempotencyKey);
    return this.settlement.release(owed, eventMetadata(context, commandId));
  }
}

/** What the first event of a key's stream says the key stands for. */
function claimedBy(event: RecordedLedgerEvent): Claimed {
  if (event.type === 'HoldCommandAccepted') return event.data;
  // A transaction's key, or one whose attempt was abandoned: in either case another command's.
  return 'requestHash' in event.data && 'request' in event.data
    ? { requestHash: event.data.requestHash, request: event.data.request, afterRevision: null }
    : { requestHash: '', request: {}, afterRevision: null };
}
