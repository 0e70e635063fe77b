import type { EventStore } from '../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../edges/event-store/ledger-event.js';
import { assert } from '../../kernel/assert.js';
import type { Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import { Administration, type DecideAdministration as Decide, type Unanswered } from '../administration.js';
import { accountCommandIdOf } from '../identity.js';
import { refusal } from '../refusals.js';
import type { AccountView } from './account-view.js';
import {
  accountCommandStream,
  accountStream,
  type AccountCommandAccepted,
  type AccountEvent,
} from './events.js';
import type { AccountExecutors } from './executors.js';
import { evolve, toAccountView, type AccountState } from './state.js';

/** Decides one administrative command on an account. Pure. */
export type DecideAdministration = Decide<AccountState, AccountEvent, AccountView>;

/** An account event before the answer it carries is known. */
export type UnansweredEvent = Unanswered<AccountEvent, AccountView>;

/** The road of every administrative command on an account. */
export class AccountAdministration extends Administration<AccountState, AccountEvent, AccountView> {
  constructor(store: EventStore, executors: AccountExecutors, clock: Clock, ids: IdSource) {
    super(
      {
        executors,
        streamOf: accountStream,
        evolve,
        isVisible: (account, companyId) => account.companyId === companyId,
        notFound: (accountId) => refusal('account-must-exist', null, { accountId }),
        view: toAccountView,
        commandIdOf: ({ idempotencyKey }, accountId) => accountCommandIdOf(accountId, idempotencyKey),
        claimStreamOf: accountCommandStream,
        claimEvent: ({ now, targetId, ...facts }): AccountCommandAccepted => ({
          type: 'AccountCommandAccepted',
          data: { ...facts, accountId: targetId, at: now },
        }),
        readClaim: (first) => {
          const claim = toLedgerEvent(first);
          assert(claim.type === 'AccountCommandAccepted', `${first.streamName} begins with the claim.`);
          return claim.data;
        },
        answerOf: (event) => {
          assert(
            'answer' in event.data && 'accountId' in event.data.answer,
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
}
