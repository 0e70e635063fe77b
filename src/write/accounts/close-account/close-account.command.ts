import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';

export interface CloseAccountRequest {
  readonly reason: string | null;
}

export class CloseAccountCommand extends Command<CommandOutcome<AccountView>> {
  constructor(
    readonly context: CommandContext,
    readonly accountId: string,
    readonly request: CloseAccountRequest,
  ) {
    super();
  }
}
