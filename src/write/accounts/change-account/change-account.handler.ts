import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';
import { AccountAdministration } from '../administration.js';
import { ChangeAccountCommand } from './change-account.command.js';
import { decideChange } from './change-account.decide.js';

@CommandHandler(ChangeAccountCommand)
export class ChangeAccountHandler implements ICommandHandler<ChangeAccountCommand> {
  constructor(private readonly administration: AccountAdministration) {}

  execute({ context, accountId, request }: ChangeAccountCommand): Promise<CommandOutcome<AccountView>> {
    return this.administration.run(context, accountId, 'change-account', request, decideChange(request));
  }
}
