import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';
import { AccountAdministration } from '../administration.js';
import { UnfreezeAccountCommand } from './unfreeze-account.command.js';
import { decideUnfreeze } from './unfreeze-account.decide.js';

@CommandHandler(UnfreezeAccountCommand)
export class UnfreezeAccountHandler implements ICommandHandler<UnfreezeAccountCommand> {
  constructor(private readonly administration: AccountAdministration) {}

  execute({ context, accountId, request }: UnfreezeAccountCommand): Promise<CommandOutcome<AccountView>> {
    return this.administration.run(context, accountId, 'unfreeze-account', request, decideUnfreeze(request));
  }
}
