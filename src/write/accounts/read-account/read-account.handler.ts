import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AccountView, BalanceView } from '../account-view.js';
import { AccountExecutors } from '../executors.js';
import { toAccountView, toBalanceView } from '../state.js';
import { ReadAccountQuery } from './read-account.query.js';

@QueryHandler(ReadAccountQuery)
export class ReadAccountHandler implements IQueryHandler<ReadAccountQuery> {
  constructor(private readonly executors: AccountExecutors) {}

  async execute({
    principal,
    accountId,
  }: ReadAccountQuery): Promise<{ readonly account: AccountView; readonly balance: BalanceView } | null> {
    const account = await this.executors.read(accountId, { current: true });
    if (account?.state.companyId !== principal.companyId) return null;
    const { state, revision, position } = account;
    return { account: toAccountView(state, revision), balance: toBalanceView(state, position) };
  }
}
