import type { EventStore } from '../../../src/edges/event-store/event-store.js';
import type { Clock } from '../../../src/kernel/clock.js';
import type { IdSource } from '../../../src/kernel/ids.js';
import type { AccountAdministration } from '../../../src/write/accounts/administration.js';
import { ChangeAccountCommand } from '../../../src/write/accounts/change-account/change-account.command.js';
import { ChangeAccountHandler } from '../../../src/write/accounts/change-account/change-account.handler.js';
import { CloseAccountCommand } from '../../../src/write/accounts/close-account/close-account.command.js';
import { CloseAccountHandler } from '../../../src/write/accounts/close-account/close-account.handler.js';
import type { AccountExecutors } from '../../../src/write/accounts/executors.js';
import { FreezeAccountCommand } from '../../../src/write/accounts/freeze-account/freeze-account.command.js';
import { FreezeAccountHandler } from '../../../src/write/accounts/freeze-account/freeze-account.handler.js';
import { OpenAccountCommand } from '../../../src/write/accounts/open-account/open-account.command.js';
import { OpenAccountHandler } from '../../../src/write/accounts/open-account/open-account.handler.js';
import { ReopenAccountCommand } from '../../../src/write/accounts/reopen-account/reopen-account.command.js';
import { ReopenAccountHandler } from '../../../src/write/accounts/reopen-account/reopen-account.handler.js';
import { UnfreezeAccountCommand } from '../../../src/write/accounts/unfreeze-account/unfreeze-account.command.js';
import { UnfreezeAccountHandler } from '../../../src/write/accounts/unfreeze-account/unfreeze-account.handler.js';
import type { CommandContext, CommandOutcome } from '../../../src/write/command.js';
import type { Posting } from '../../../src/write/posting/posting.js';
import type { HoldAdministration } from '../../../src/write/transactions/administration.js';
import { CaptureHoldCommand } from '../../../src/write/transactions/capture-hold/capture-hold.command.js';
import { CaptureHoldHandler } from '../../../src/write/transactions/capture-hold/capture-hold.handler.js';
import { ExtendHoldCommand } from '../../../src/write/transactions/extend-hold/extend-hold.command.js';
import { ExtendHoldHandler } from '../../../src/write/transactions/extend-hold/extend-hold.handler.js';
import { HoldFundsCommand } from '../../../src/write/transactions/hold-funds/hold-funds.command.js';
import { HoldFundsHandler } from '../../../src/write/transactions/hold-funds/hold-funds.handler.js';
import { IncreaseHoldCommand } from '../../../src/write/transactions/increase-hold/increase-hold.command.js';
import { IncreaseHoldHandler } from '../../../src/write/transactions/increase-hold/increase-hold.handler.js';
import { PostTransactionCommand } from '../../../src/write/transactions/post-transaction/post-transaction.command.js';
import { PostTransactionHandler } from '../../../src/write/transactions/post-transaction/post-transaction.handler.js';
import { ReverseTransactionCommand } from '../../../src/write/transactions/reverse-transaction/reverse-transaction.command.js';
import { ReverseTransactionHandler } from '../../../src/write/transactions/reverse-transaction/reverse-transaction.handler.js';
import { VoidHoldCommand } from '../../../src/write/transactions/void-hold/void-hold.command.js';
import { VoidHoldHandler } from '../../../src/write/transactions/void-hold/void-hold.handler.js';
import type { Order } from './commands.js';

/** The roads one process's commands take. */
export interface Roads {
  readonly store: EventStore;
  readonly accounts: AccountExecutors;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly posting: Posting;
  readonly accountAdministration: AccountAdministration;
  readonly holdAdministration: HoldAdministration;
}

/** Hands each order to the real handler of its command, as the API does behind HTTP. */
export class Dispatch {
  constructor(private readonly roads: Roads) {}

  run(order: Order): Promise<CommandOutcome<object>> {
    const { posting, accountAdministration, holdAdministration } = this.roads;
    const { command } = order;
    const context = this.contextOf(order);
    switch (command.kind) {
      case 'open-account': {
        const { store, accounts, clock, ids } = this.roads;
        const handler = new OpenAccountHandler(store, accounts, clock, ids);
        return handler.execute(new OpenAccountCommand(context, command.request));
      }
      case 'change-account': {
        const handler = new ChangeAccountHandler(accountAdministration);
        return handler.execute(new ChangeAccountCommand(context, command.target, command.request));
      }
      case 'freeze-account': {
        const handler = new FreezeAccountHandler(accountAdministration);
        return handler.execute(new FreezeAccountCommand(context, command.target, command.request));
      }
      case 'unfreeze-account': {
        const handler = new UnfreezeAccountHandler(accountAdministration);
        return handler.execute(new UnfreezeAccountCommand(context, command.target, command.request));
      }
      case 'close-account': {
        const handler = new CloseAccountHandler(accountAdministration);
        return handler.execute(new CloseAccountCommand(context, command.target, command.request));
      }
      case 'reopen-account': {
        const handler = new ReopenAccountHandler(accountAdministration);
        return handler.execute(new ReopenAccountCommand(context, command.target, command.request));
      }
      case 'transaction':
      case 'transfer':
        return new PostTransactionHandler(posting).execute(
          new PostTransactionCommand(context, command.request),
        );
      case 'hold':
        return new HoldFundsHandler(posting).execute(new HoldFundsCommand(context, command.request));
      case 'capture': {
        const handler = new CaptureHoldHandler(posting);
        return handler.execute(new CaptureHoldCommand(context, command.target, command.request));
      }
      case 'increase-hold': {
        const handler = new IncreaseHoldHandler(posting);
        return handler.execute(new IncreaseHoldCommand(context, command.target, command.request));
      }
      case 'extend-hold': {
        const handler = new ExtendHoldHandler(holdAdministration);
        return handler.execute(new ExtendHoldCommand(context, command.target, command.request));
      }
      case 'void-hold': {
        const handler = new VoidHoldHandler(holdAdministration);
        return handler.execute(new VoidHoldCommand(context, command.target, command.request));
      }
      case 'reverse': {
        const handler = new ReverseTransactionHandler(posting);
        return handler.execute(new ReverseTransactionCommand(context, command.target, command.request));
      }
    }
  }

  private contextOf({ companyId, key }: Order): CommandContext {
    const requestId = this.roads.ids.newId();
    return {
      principal: { subject: 'simulated', companyId, roles: [] },
      requestId,
      correlationId: requestId,
      idempotencyKey: key,
    };
  }
}
