import { Query } from '@nestjs/cqrs';
import type { Principal } from '../../../kernel/principal.js';
import type { AccountView, BalanceView } from '../account-view.js';

/** Reads one account from its stream: always current, needs no projection. Answers null when the company has no such account. */
export class ReadAccountQuery extends Query<{
  readonly account: AccountView;
  readonly balance: BalanceView;
} | null> {
  constructor(
    readonly principal: Principal,
    readonly accountId: string,
  ) {
    super();
  }
}
