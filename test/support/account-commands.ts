import type { AccountView } from '../../src/write/accounts/account-view.js';
import { ChangeAccountCommand } from '../../src/write/accounts/change-account/change-account.command.js';
import { ChangeAccountHandler } from '../../src/write/accounts/change-account/change-account.handler.js';
import { CloseAccountCommand } from '../../src/write/accounts/close-account/close-account.command.js';
import { CloseAccountHandler } from '../../src/write/accounts/close-account/close-account.handler.js';
import { FreezeAccountCommand } from '../../src/write/accounts/freeze-account/freeze-account.command.js';
import { FreezeAccountHandler } from '../../src/write/accounts/freeze-account/freeze-account.handler.js';
import { ReopenAccountCommand } from '../../src/write/accounts/reopen-account/reopen-account.command.js';
import { ReopenAccountHandler } from '../../src/write/accounts/reopen-account/reopen-account.handler.js';
import { UnfreezeAccountCommand } from '../../src/write/accounts/unfreeze-account/unfreeze-account.command.js';
import { UnfreezeAccountHandler } from '../../src/write/accounts/unfreeze-account/unfreeze-account.handler.js';
import type { CommandContext, CommandOutcome } from '../../src/write/command.js';
import type { WriteSide } from './write-side.js';

type Answer = Promise<CommandOutcome<AccountView>>;

/** The administrative commands of one process, as the command bus would reach them. */
export function commandsOf({ administration }: WriteSide) {
  return {
    freeze: (context: CommandContext, accountId: string, reason: string | null = null): Answer =>
      new FreezeAccountHandler(administration).execute(
        new FreezeAccountCommand(context, accountId, { reason }),
      ),
    unfreeze: (context: CommandContext, accountId: string, reason: string | null = null): Answer =>
      new UnfreezeAccountHandler(administration).execute(
        new UnfreezeAccountCommand(context, accountId, { reason }),
      ),
    close: (context: CommandContext, accountId: string, reason: string | null = null): Answer =>
      new CloseAccountHandler(administration).execute(
        new CloseAccountCommand(context, accountId, { reason }),
      ),
    reopen: (context: CommandContext, accountId: string, reason: string | null = null): Answer =>
      new ReopenAccountHandler(administration).execute(
        new ReopenAccountCommand(context, accountId, { reason }),
      ),
    change: (context: CommandContext, accountId: string, request: ChangeAccountCommand['request']): Answer =>
      new ChangeAccountHandler(administration).execute(new ChangeAccountCommand(context, accountId, request)),
  };
}
