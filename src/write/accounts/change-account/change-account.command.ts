import { Command } from '@nestjs/cqrs';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';

/** What to change; a field that is absent stays as it is. Metadata replaces the whole map. */
export interface ChangeAccountRequest {
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Digits of minor units, or null for unlimited. */
  readonly overdraftLimit?: string | null;
}

export class ChangeAccountCommand extends Command<CommandOutcome<AccountView>> {
  constructor(
    readonly context: CommandContext,
    readonly accountId: string,
    readonly request: ChangeAccountRequest,
  ) {
    super();
  }
}
