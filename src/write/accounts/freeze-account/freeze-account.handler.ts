import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';
import { AccountAdministration } from '../administration.js';
import { FreezeAccountCommand } from './freeze-account.command.js';
import { decideFreeze } from './freeze-account.decide.js';

@CommandHandler(FreezeAccountCommand)
export class FreezeAccountHandler implements ICommandHandler<FreezeAccountCommand> {
  constructor(private readonly administration: AccountAdministration) {}

  execute({ context, accountId, request }: FreezeAccountCommand): Promise<CommandOutcome<AccountView>> {
    return this.administration.run(context, accountId, 'freeze-account', request, decideFreeze(request));
  }
}
