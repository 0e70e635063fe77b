import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';
import { AccountAdministration } from '../administration.js';
import { ReopenAccountCommand } from './reopen-account.command.js';
import { decideReopen } from './reopen-account.decide.js';

@CommandHandler(ReopenAccountCommand)
export class ReopenAccountHandler implements ICommandHandler<ReopenAccountCommand> {
  constructor(private readonly administration: AccountAdministration) {}

  execute({ context, accountId, request }: ReopenAccountCommand): Promise<CommandOutcome<AccountView>> {
    return this.administration.run(context, accountId, 'reopen-account', request, decideReopen(request));
  }
}
