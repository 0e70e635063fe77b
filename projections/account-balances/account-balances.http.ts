import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { POSITION_HEADER } from '../../src/edges/http/command-answer.js';
import { Optional } from '../../src/edges/http/fields.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere } from '../../src/edges/http/problem.js';
import { PathId } from '../../src/edges/http/validation.js';
import type { Principal } from '../../src/kernel/principal.js';
import type { BalanceView } from '../../src/write/accounts/account-view.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import type { AsOf } from '../balance-snapshots/balances-at.js';
import {
  AsOfParameters,
  BalanceAt,
  BALANCE_AT_EXAMPLE,
  toAsOf,
} from '../balance-snapshots/balance-at.http.js';
import { ReadBalanceAtQuery } from '../balance-snapshots/balance-at.query.js';
import { projected, refusedParameter, toAtLeast } from '../runtime/list.http.js';
import { ReadBalanceQuery } from './account-balances.query.js';

const CONSISTENCIES = ['projected', 'strong'] as const;

class BalanceParameters extends AsOfParameters {
  @Optional()
  @IsIn(CONSISTENCIES)
  @ApiPropertyOptional({
    enum: CONSISTENCIES,
    default: 'projected',
    description: '`strong` reads the log itself: always current, also while the read models are down.',
  })
  consistency?: (typeof CONSISTENCIES)[number];
}

/** An account's money as it is answered. */
export class Balance implements BalanceView {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ description: 'Sum of all debits, in minor units as digits.' })
  debits!: string;

  @ApiProperty({ description: 'Sum of all credits, in minor units as digits.' })
  credits!: string;

  @ApiProperty({ description: "Signed by the account's normal side; digits, with a minus when below zero." })
  balance!: string;

  @ApiProperty({ description: 'Set aside for transactions that are not committed yet.' })
  reserved!: string;

  @ApiProperty({ description: 'Balance less reserved.' })
  available!: string;

  @ApiProperty({ description: 'The position in the log these figures are valid at; as digits.' })
  position!: string;

  @ApiProperty({ type: 'integer', description: 'Entries on the account so far.' })
  sequence!: number;
}

const EXAMPLE: Balance = {
  accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  currency: 'USD',
  exponent: 2,
  debits: '1050',
  credits: '5000',
  balance: '3950',
  reserved: '0',
  available: '3950',
  position: '2048',
  sequence: 2,
};

@ApiTags('accounts')
@Controller('v1/accounts')
export class ReadBalanceController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':accountId/balance')
  @DescribeQuery({
    summary: "Read an account's balance",
    description:
      'From the read model, with the position it is valid at. A transaction shows on all its accounts at once. With `effectiveAt` or `knownAt`, the balance at these times, which says nothing of reservations.',
    answers: [
      {
        status: 200,
        description: 'The balance.',
        type: Balance,
        example: EXAMPLE,
        or: { description: 'The balance at two times.', type: BalanceAt, example: BALANCE_AT_EXAMPLE },
        headers: { 'Ledger-Position': 'The position it is valid at.' },
      },
    ],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: EXAMPLE.accountId })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Query() parameters: BalanceParameters,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Balance | BalanceAt> {
    const asOf = toAsOf(parameters);
    const balance =
      asOf === null
        ? await this.find(principal, accountId, parameters)
        : await this.findAt(principal, accountId, asOf, parameters);
    if (balance === null) throw notThere('account-must-exist');
    void reply.header(POSITION_HEADER, balance.position);
    return balance;
  }

  private async find(
    principal: Principal,
    accountId: string,
    parameters: BalanceParameters,
  ): Promise<BalanceView | null> {
    if (parameters.consistency !== 'strong') {
      const query = new ReadBalanceQuery(principal, accountId, toAtLeast(parameters));
      const found = await projected(this.queries.execute(query));
      if (found !== null) return found;
      // Opened a moment ago, perhaps: only the log can say that an account does not exist.
    }
    return (await this.queries.execute(new ReadAccountQuery(principal, accountId)))?.balance ?? null;
  }
  private async findAt(
    principal: Principal,
    accountId: string,
    asOf: AsOf,
    parameters: BalanceParameters,
  ): Promise<BalanceAt | null> {
    if (parameters.consistency === 'strong') {
      throw refusedParameter(
        'consistency',
        'isAlone',
        'A balance at another time is read from the read model: leave consistency out, or send atLeast.',
      );
    }
    const query = new ReadBalanceAtQuery(principal, accountId, asOf, toAtLeast(parameters));
    const { balance, position } = await projected(this.queries.execute(query));
    if (balance !== null) return balance;
    // Opened a moment ago, perhaps: it had no entries yet at the position of the read model.
    const opened = await this.queries.execute(new ReadAccountQuery(principal, accountId));
    if (opened === null) return null;
    const { currency, exponent } = opened.account;
    const nothing = { debits: '0', credits: '0', balance: '0', entries: 0, position: position.toString() };
    return { accountId, currency, exponent, ...asOf, ...nothing };
  }
}
