import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import type { Clock } from '../../src/kernel/clock.js';
import type { IdSource } from '../../src/kernel/ids.js';
import { AccountAdministration } from '../../src/write/accounts/administration.js';
import { AccountExecutors } from '../../src/write/accounts/executors.js';
import {
  OpenAccountCommand,
  type OpenAccountRequest,
} from '../../src/write/accounts/open-account/open-account.command.js';
import { OpenAccountHandler } from '../../src/write/accounts/open-account/open-account.handler.js';
import type { AccountView } from '../../src/write/accounts/account-view.js';
import { available, balance } from '../../src/write/accounts/state.js';
import type { CommandContext, CommandOutcome } from '../../src/write/command.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import type { Patience } from '../../src/write/patience.js';
import { TransactionExecutors } from '../../src/write/transactions/executors.js';
import { Posting } from '../../src/write/posting/posting.js';
import {
  PostTransactionCommand,
  type PostTransactionRequest,
  type PostTransferRequest,
} from '../../src/write/transactions/post-transaction/post-transaction.command.js';
import { PostTransactionHandler } from '../../src/write/transactions/post-transaction/post-transaction.handler.js';
import type { TransactionView } from '../../src/write/transactions/transaction-view.js';
import type { InMemoryEventStore } from './in-memory-event-store.js';

/** One process's write side on a store: what an API process holds, without HTTP. */
export class WriteSide<Store extends EventStore = InMemoryEventStore> {
  readonly executors: AccountExecutors;
  readonly parents: TransactionExecutors;
  readonly administration: AccountAdministration;
  readonly posting: Posting;
  private readonly openHandler: OpenAccountHandler;
  private readonly postHandler: PostTransactionHandler;

  constructor(
    readonly store: Store,
    clock: Clock = { nowMs: () => Date.now() },
    ids: IdSource = { newId: () => randomUUID() },
    patience?: Patience,
  ) {
    this.executors = new AccountExecutors(store, NO_METRICS, patience);
    this.administration = new AccountAdministration(store, this.executors, clock, ids);
    this.parents = new TransactionExecutors(store, NO_METRICS);
    this.posting = new Posting(store, this.executors, this.parents, clock, ids, NO_METRICS);
    this.openHandler = new OpenAccountHandler(store, this.executors, clock, ids);
    this.postHandler = new PostTransactionHandler(this.posting);
  }

  open(
    request: Partial<OpenAccountRequest> = {},
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<AccountView>> {
    const defaults: OpenAccountRequest = {
      name: 'Account',
      type: 'liability',
      currency: 'USD',
      parentId: null,
      overdraftLimit: '0',
      metadata: {},
    };
    return this.openHandler.execute(new OpenAccountCommand(aContext(context), { ...defaults, ...request }));
  }

  /** Opens an account that must be accepted, and gives its id. */
  async opened(request: Partial<OpenAccountRequest> = {}): Promise<string> {
    const outcome = await this.open(request);
    if (outcome.kind !== 'accepted') throw new Error(`Not opened: ${outcome.refusal.code}`);
    return outcome.body.accountId;
  }

  transfer(
    request: Pick<PostTransferRequest, 'from' | 'to' | 'amount'> & Partial<PostTransferRequest>,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<TransactionView>> {
    return this.post({ form: 'transfer', currency: 'USD', ...NO_TEXT, ...request }, context);
  }

  post(
    request: PostTransactionRequest | PostTransferRequest,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<TransactionView>> {
    return this.postHandler.execute(new PostTransactionCommand(aContext(context), request));
  }

  /** The account's figures folded from its stream. */
  async money(
    accountId: string,
  ): Promise<{ balance: bigint; available: bigint; reserved: bigint; entries: number }> {
    const account = await this.executors.read(accountId, { current: true });
    if (!account) throw new Error(`No account ${accountId}`);
    const { state } = account;
    return {
      balance: balance(state),
      available: available(state),
      reserved: state.reserved,
      entries: state.sequence,
    };
  }
}

/** A request that says nothing but what it moves. */
export const NO_TEXT = {
  effectiveAt: null,
  kind: 'transfer',
  description: null,
  reference: null,
  metadata: {},
} as const;

/** A command's context with a fresh key, unless one is given. */
export function aContext(overrides: Partial<CommandContext> = {}): CommandContext {
  const requestId = randomUUID();
  return {
    principal: { subject: 'tester', companyId: 'default', roles: [] },
    requestId,
    correlationId: requestId,
    idempotencyKey: randomUUID(),
    ...overrides,
  };
}
