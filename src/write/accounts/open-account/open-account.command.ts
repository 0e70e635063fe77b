import { Command } from '@nestjs/cqrs';
import type { AccountType } from '../../../kernel/money.js';
import type { CommandContext, CommandOutcome } from '../../command.js';
import type { AccountView } from '../account-view.js';

/** The request as the client sent it, defaults filled in; the text that the idempotency hash covers. */
export interface OpenAccountRequest {
  readonly name: string;
  readonly type: AccountType;
  readonly currency: string;
  readonly parentId: string | null;
  /** Digits of minor units, or null for unlimited. */
  readonly overdraftLimit: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export class OpenAccountCommand extends Command<CommandOutcome<AccountView>> {
  constructor(
    readonly context: CommandContext,
    readonly request: OpenAccountRequest,
  ) {
    super();
  }
}
