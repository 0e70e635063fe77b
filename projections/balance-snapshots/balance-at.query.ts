import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Principal } from '../../src/kernel/principal.js';
import { Freshness } from '../runtime/freshness.js';
import { balanceSnapshotsProjection } from './balance-snapshots.project.js';
import { readBalancesAt, type AsOf } from './balances-at.js';
import { SNAPSHOT_SHAPE } from './snapshot-shape.js';

/** An account's balance at two times, as it is answered; amounts are minor units as digits. */
export interface BalanceAtView extends AsOf {
  readonly accountId: string;
  readonly currency: string;
  readonly exponent: number;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
  /** Entries that are in the sums. */
  readonly entries: number;
  readonly position: string;
}

/** Reads an account's balance at two times. Answers null when the company has no such account in the read model (yet). */
export class ReadBalanceAtQuery extends Query<{
  readonly balance: BalanceAtView | null;
  /** What the answer is valid at, also when there is no account. */
  readonly position: bigint;
}> {
  constructor(
    readonly principal: Principal,
    readonly accountId: string,
    readonly asOf: AsOf,
    /** The position the answer must contain; null for "as it is now". */
    readonly atLeast: bigint | null,
  ) {
    super();
  }
}

@QueryHandler(ReadBalanceAtQuery)
export class ReadBalanceAtHandler implements IQueryHandler<ReadBalanceAtQuery> {
  constructor(
    private readonly postgres: Postgres,
    private readonly freshness: Freshness,
  ) {}

  async execute({
    principal,
    accountId,
    asOf,
    atLeast,
  }: ReadBalanceAtQuery): Promise<{ readonly balance: BalanceAtView | null; readonly position: bigint }> {
    await this.freshness.reach(balanceSnapshotsProjection, atLeast);
    const { balances, position } = await readBalancesAt(
      this.postgres,
      SNAPSHOT_SHAPE,
      principal.companyId,
      [accountId],
      asOf,
    );
    const [found] = balances;
    if (found === undefined) return { balance: null, position };
    const { currency, exponent, debits, credits, balance, entries } = found;
    return {
      balance: {
        ...{ accountId, currency, exponent, ...asOf },
        debits: debits.toString(),
        credits: credits.toString(),
        balance: balance.toString(),
        entries: Number(entries),
        position: position.toString(),
      },
      position,
    };
  }
}
