import { Controller, Get, Inject, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { IsCurrencyCode, IsId, Optional } from '../../src/edges/http/fields.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere } from '../../src/edges/http/problem.js';
import { ACCOUNT_TYPES, type AccountType } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import type { AccountStatus, AccountView } from '../../src/write/accounts/account-view.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import {
  answerPage,
  PageInfo,
  PageParameters,
  projected,
  toPageRequest,
  type AnsweredPage,
} from '../runtime/list.http.js';
import { ListAccountsQuery } from './accounts.query.js';

const ACCOUNT_STATUSES: readonly AccountStatus[] = ['open', 'frozen', 'closing', 'closed'];

class AccountListParameters extends PageParameters {
  @Optional()
  @IsId()
  @ApiPropertyOptional({ format: 'uuid', description: 'Only direct sub-accounts of this account.' })
  parentId?: string;

  @Optional()
  @IsIn(ACCOUNT_STATUSES)
  @ApiPropertyOptional({ enum: ACCOUNT_STATUSES })
  status?: AccountStatus;

  @Optional()
  @IsIn(ACCOUNT_TYPES)
  @ApiPropertyOptional({ enum: ACCOUNT_TYPES })
  type?: AccountType;

  @Optional()
  @IsCurrencyCode()
  @ApiPropertyOptional({ description: 'ISO 4217 code.', example: 'USD' })
  currency?: string;
}

/** An account as it is listed. */
export class ListedAccount implements AccountView {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ACCOUNT_TYPES })
  type!: AccountType;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  parentId!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Minor units; null is unlimited.' })
  overdraftLimit!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata!: Readonly<Record<string, string>>;

  @ApiProperty({ enum: ACCOUNT_STATUSES })
  status!: AccountStatus;

  @ApiProperty({ format: 'date-time' })
  openedAt!: string;

  @ApiProperty({ description: 'Revision of the newest change of what is shown here; as digits.' })
  revision!: string;
}

/** A page of accounts. */
export class AccountList implements AnsweredPage<AccountView> {
  @ApiProperty({ type: [ListedAccount] })
  data!: readonly AccountView[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const EXAMPLE: AccountList = {
  data: [
    {
      accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
      name: 'Customer 4711',
      type: 'liability',
      currency: 'USD',
      exponent: 2,
      parentId: null,
      overdraftLimit: '0',
      metadata: { customer: '4711' },
      status: 'open',
      openedAt: '2026-11-20T09:30:00.000Z',
      revision: '0',
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};

@ApiTags('accounts')
@Controller('v1/accounts')
export class ListAccountsController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribeQuery({
    summary: 'List accounts',
    description:
      'In the order they were opened. Accounts opened after the first page are no part of the list.',
    answers: [{ status: 200, description: 'A page of accounts.', type: AccountList, example: EXAMPLE }],
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
    @Query() parameters: AccountListParameters,
  ): Promise<AccountList> {
    const { parentId = null, status = null, type = null, currency = null } = parameters;
    const filters = { parentId: parentId?.toLowerCase() ?? null, status, type, currency };
    const list = ['accounts', principal.companyId, ...Object.values(filters)];
    const page = toPageRequest(list, parameters);
    const found = await projected(this.queries.execute(new ListAccountsQuery(principal, filters, page)));
    // An account without sub-accounts and one that is not the company's look alike here; the log knows.
    if (
      filters.parentId !== null &&
      found.rows.length === 0 &&
      (await this.queries.execute(new ReadAccountQuery(principal, filters.parentId))) === null
    ) {
      throw notThere('account-must-exist', '#query/parentId', { accountId: filters.parentId });
    }
    return answerPage(list, found);
  }
}
