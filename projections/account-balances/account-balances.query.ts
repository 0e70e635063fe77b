import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { balanceOf, type AccountType } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import type { BalanceView } from '../../src/write/accounts/account-view.js';
import { Freshness } from '../runtime/freshness.js';
import { accountBalancesProjection } from './account-balances.project.js';

/** Reads an account's money from the read model. Answers null when the company has no such account there (yet). */
export class ReadBalanceQuery extends Query<BalanceView | null> {
  constructor(
    readonly principal: Principal,
    readonly accountId: string,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

interface Row {
  readonly currency: string;
  readonly exponent: number;
  readonly type: AccountType;
  readonly debits: string;
  readonly credits: string;
  readonly reserved: string;
  readonly sequence: bigint;
  readonly validAt: bigint;
}

@QueryHandler(ReadBalanceQuery)
export class ReadBalanceHandler implements IQueryHandler<ReadBalanceQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({ principal, accountId, atLeast }: ReadBalanceQuery): Promise<BalanceView | null> {
    await this.freshness.reach(accountBalancesProjection, atLeast);
    const { rows } = await this.postgres.query<Row>(
      `select balance.currency, balance.exponent, balance.type, balance.debits, balance.credits, balance.reserved,
              balance.sequence, checkpoint.position as "validAt"
         from ledger.account_balances balance, ledger.projection_checkpoints checkpoint
        where balance.account_id = $1 and balance.company_id = $2 and checkpoint.name = $3`,
      [accountId, principal.companyId, accountBalancesProjection.name],
    );
    const [row] = rows;
    if (row === undefined) return null;
    const balance = balanceOf(row.type, BigInt(row.debits), BigInt(row.credits));
    return {
      accountId,
      currency: row.currency,
      exponent: row.exponent,
      debits: row.debits,
      credits: row.credits,
      balance: balance.toString(),
      reserved: row.reserved,
      available: (balance - BigInt(row.reserved)).toString(),
      position: row.validAt.toString(),
      sequence: Number(row.sequence),
    };
  }
}
