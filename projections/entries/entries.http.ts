import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere } from '../../src/edges/http/problem.js';
import { PathId } from '../../src/edges/http/validation.js';
import type { Direction } from '../../src/kernel/money.js';
import type { Principal } from '../../src/kernel/principal.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import {
  answerPage,
  PageInfo,
  PageParameters,
  projected,
  toPageRequest,
  type AnsweredPage,
} from '../runtime/list.http.js';
import { ListEntriesQuery, type EntryView } from './entries.query.js';

/** One entry as it is answered. */
export class Entry implements EntryView {
  @ApiProperty({ format: 'uuid' })
  transactionId!: string;

  @ApiProperty({ type: 'integer', description: "0-based index into the transaction's legs." })
  leg!: number;

  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ type: 'integer', description: "1-based count of the account's entries." })
  sequence!: number;

  @ApiProperty({ enum: ['debit', 'credit'] })
  direction!: Direction;

  @ApiProperty({ description: 'Minor units as digits.' })
  amount!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ description: "The balance after this entry, signed by the account's normal side." })
  balance!: string;

  @ApiProperty({ format: 'date-time', description: 'Business time.' })
  effectiveAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the transaction was committed.' })
  recordedAt!: string;

  @ApiProperty({ description: 'The position of the entry in the log; as digits.' })
  position!: string;
}

/** A page of entries. */
export class EntryList implements AnsweredPage<EntryView> {
  @ApiProperty({ type: [Entry] })
  data!: readonly EntryView[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const EXAMPLE: EntryList = {
  data: [
    {
      transactionId: '9b2f4c1e-8d55-5c6e-a4f0-0e7d5c3b2a10',
      leg: 0,
      accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
      sequence: 2,
      direction: 'debit',
      amount: '1050',
      currency: 'USD',
      balance: '3950',
      effectiveAt: '2026-11-20T09:31:00.000Z',
      recordedAt: '2026-11-20T09:31:00.012Z',
      position: '2060',
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2060',
};

@ApiTags('accounts')
@Controller('v1/accounts')
export class ListEntriesController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':accountId/entries')
  @DescribeQuery({
    summary: "List an account's entries",
    description:
      'In the order they stand on the account, each with the balance after it. Entries written after the first page are no part of the list.',
    answers: [{ status: 200, description: 'A page of entries.', type: EntryList, example: EXAMPLE }],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'cursor-must-be-well-formed',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11' })
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Query() parameters: PageParameters,
  ): Promise<EntryList> {
    const list = ['entries', principal.companyId, accountId];
    const page = toPageRequest(list, parameters);
    const found = await projected(this.queries.execute(new ListEntriesQuery(principal, accountId, page)));
    // An account without entries and an account that is not the company's look alike here; the log knows.
    if (
      found.rows.length === 0 &&
      (await this.queries.execute(new ReadAccountQuery(principal, accountId))) === null
    ) {
      throw notThere('account-must-exist');
    }
    return answerPage(list, found);
  }
}
