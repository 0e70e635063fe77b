import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, ValidateBy } from 'class-validator';
import { limits } from '../../src/config/limits.js';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { IsCurrencyCode, IsId, isId, IsInstant, Optional } from '../../src/edges/http/fields.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere, Problem } from '../../src/edges/http/problem.js';
import { ACCOUNT_TYPES, type AccountType } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import {
  answerPage,
  PageInfo,
  PageParameters,
  projected,
  refusedParameter,
  toPageRequest,
  toUtc,
  type AnsweredPage,
} from '../runtime/list.http.js';
import type { PageRequest } from '../runtime/list.js';
import type { AsOf } from './balances-at.js';
import {
  ListBalancesQuery,
  type BalancesAnswer,
  type BalancesScope,
  type CurrencyTotal,
  type ListedBalance,
} from './balances.query.js';

class BalanceListParameters extends PageParameters {
  @Optional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(limits.balanceAccountsMax)
  @ValidateBy(
    { name: 'isUuid', validator: { validate: isId, defaultMessage: () => 'An id is a UUID.' } },
    { each: true },
  )
  @ApiPropertyOptional({
    type: [String],
    format: 'uuid',
    maxItems: limits.balanceAccountsMax,
    description: `Only these accounts: repeat it, at most ${limits.balanceAccountsMax} times.`,
  })
  account?: string[];

  @Optional()
  @IsId()
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'Only this account and all sub-accounts below it; `totals` is then its roll-up.',
  })
  parent?: string;

  @Optional()
  @IsCurrencyCode()
  @ApiPropertyOptional({ description: 'Only accounts in this currency: an ISO 4217 code.', example: 'USD' })
  currency?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Business time: only entries effective before it. Absent: all, those dated ahead included.',
  })
  effectiveAt?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Recorded time: only what was recorded before it. Absent: all that is known.',
  })
  knownAt?: string;
}

/** The balance of one of many accounts. */
export class AccountBalanceAt {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  parentId!: string | null;

  @ApiProperty({ enum: ACCOUNT_TYPES })
  type!: AccountType;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ description: 'Minor units as digits.' })
  debits!: string;

  @ApiProperty({ description: 'Minor units as digits.' })
  credits!: string;

  @ApiProperty({ description: "Signed by the account's normal side; digits, with a minus when below zero." })
  balance!: string;

  @ApiProperty({ type: 'integer', description: 'Entries in these sums.' })
  entries!: number;
}

/** The sums of one currency. */
export class BalanceTotal {
  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ type: 'integer', description: 'Accounts in these sums, those of other pages included.' })
  accounts!: number;

  @ApiProperty({ description: 'Minor units as digits.' })
  debits!: string;

  @ApiProperty({ description: 'Minor units as digits.' })
  credits!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Signed by the normal side of `parent`; null without one.',
  })
  balance!: string | null;

  @ApiProperty({ type: 'integer', description: 'Entries in these sums.' })
  entries!: number;
}

/** A page of balances. */
export class BalanceList implements AnsweredPage<AccountBalanceAt> {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  effectiveAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  knownAt!: string | null;

  @ApiProperty({ type: [BalanceTotal], description: 'Over all accounts asked for, per currency.' })
  totals!: readonly BalanceTotal[];

  @ApiProperty({ type: [AccountBalanceAt] })
  data!: readonly AccountBalanceAt[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const SUMS = { currency: 'USD', exponent: 2, debits: '1050', credits: '5000', balance: '3950', entries: 2 };

const EXAMPLE: BalanceList = {
  effectiveAt: '2026-03-01T00:00:00.000Z',
  knownAt: null,
  totals: [{ ...SUMS, accounts: 1 }],
  data: [{ accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11', parentId: null, type: 'liability', ...SUMS }],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};

@ApiTags('accounts')
@Controller('v1/balances')
export class ListBalancesController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribeQuery({
    summary: 'List balances of many accounts',
    description: `In the order the accounts were opened, with the sums per currency over all of them: at most ${limits.rollUpAccountsMax.toLocaleString('en')} accounts in one answer. Both times work as for one balance.`,
    answers: [{ status: 200, description: 'A page of balances.', type: BalanceList, example: EXAMPLE }],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'cursor-must-be-well-formed',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Query() parameters: BalanceListParameters,
  ): Promise<BalanceList> {
    const { currency = null } = parameters;
    const scope = {
      accountIds: parameters.account?.map((id) => id.toLowerCase()) ?? null,
      parentId: parameters.parent?.toLowerCase() ?? null,
      currency,
    };
    const asOf = { effectiveAt: toUtc(parameters.effectiveAt), knownAt: toUtc(parameters.knownAt) };
    const list = ['balances', principal.companyId, JSON.stringify([scope, asOf])];
    const page = toPageRequest(list, parameters);
    const found = await this.find(principal, scope, asOf, page);
    if (found.kind !== 'found') {
      throw refusedParameter(
        scope.parentId === null ? 'account' : 'parent',
        'isBounded',
        `These are more than ${limits.rollUpAccountsMax} accounts: ask for fewer by account, parent or currency.`,
      );
    }
    const rows = found.page.rows.map(toBalance);
    return { ...asOf, totals: found.totals.map(toTotal), ...answerPage(list, { ...found.page, rows }) };
  }

  /** @throws Problem `account-must-exist` when an account that was named is not the company's */
  private async find(
    principal: Principal,
    scope: BalancesScope,
    asOf: AsOf,
    page: PageRequest,
  ): Promise<Exclude<BalancesAnswer, { readonly kind: 'unknown' }>> {
    const found = await projected(this.queries.execute(new ListBalancesQuery(principal, scope, asOf, page)));
    if (found.kind !== 'unknown') return found;
    // Opened a moment ago, perhaps: only the log can say that an account does not exist.
    for (const accountId of found.accountIds) {
      if ((await this.queries.execute(new ReadAccountQuery(principal, accountId))) !== null) continue;
      const pointer = accountId === scope.parentId ? '#query/parent' : '#query/account';
      throw notThere('account-must-exist', pointer, { accountId });
    }
    const query = new ListBalancesQuery(principal, scope, asOf, page, found.accountIds);
    const again = await projected(this.queries.execute(query));
    if (again.kind !== 'unknown') return again;
    throw new Problem('projection-is-behind', { retryAfterSeconds: limits.retryAfterBusySeconds });
  }
}

function toBalance({ openedPosition: _, ...row }: ListedBalance): AccountBalanceAt {
  return {
    ...row,
    debits: row.debits.toString(),
    credits: row.credits.toString(),
    balance: row.balance.toString(),
    entries: Number(row.entries),
  };
}

function toTotal(total: CurrencyTotal): BalanceTotal {
  return {
    ...total,
    debits: total.debits.toString(),
    credits: total.credits.toString(),
    balance: total.balance?.toString() ?? null,
    entries: Number(total.entries),
  };
}
