import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';
import { AccountAdministration } from '../administration.js';
import { CloseAccountCommand } from './close-account.command.js';
import { decideClose } from './close-account.decide.js';

@CommandHandler(CloseAccountCommand)
export class CloseAccountHandler implements ICommandHandler<CloseAccountCommand> {
  constructor(private readonly administration: AccountAdministration) {}

  execute({ context, accountId, request }: CloseAccountCommand): Promise<CommandOutcome<AccountView>> {
    return this.administration.run(context, accountId, 'close-account', request, decideClose(request));
  }
}
