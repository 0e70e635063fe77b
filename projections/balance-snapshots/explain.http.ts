import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { limits } from '../../src/config/limits.js';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { IsInstant, Optional } from '../../src/edges/http/fields.js';
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
  refusedParameter,
  toPageRequest,
  toUtc,
  type AnsweredPage,
} from '../runtime/list.http.js';
import {
  ExplainBalanceQuery,
  type ExplainScope,
  type Explanation,
  type MovingEntry,
} from './explain.query.js';

class ExplainParameters extends PageParameters {
  @IsInstant()
  @ApiPropertyOptional({
    required: true,
    format: 'date-time',
    description: 'Business time: the balance at it is what is explained.',
    example: '2026-03-01T00:00:00Z',
  })
  effectiveAt?: string;

  @IsInstant()
  @ApiPropertyOptional({
    required: true,
    format: 'date-time',
    description: 'Recorded time: what was known before it is taken for granted.',
    example: '2026-03-03T12:00:00Z',
  })
  from?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Recorded time: only what was recorded before it. Absent: all since.',
  })
  to?: string;
}

/** What can be said of an entry that moved a balance of the past. */
const MARKS = ['late', 'backdated', 'reversing'] as const;
type Mark = (typeof MARKS)[number];

/** An entry as it is answered. */
export class ExplainingEntry {
  @ApiProperty({ format: 'uuid' })
  transactionId!: string;

  @ApiProperty({ type: 'integer', description: "0-based index into the transaction's legs." })
  leg!: number;

  @ApiProperty({ enum: ['debit', 'credit'] })
  direction!: Direction;

  @ApiProperty({ description: 'Minor units as digits.' })
  amount!: string;

  @ApiProperty({ description: 'How it moved the balance: digits, with a minus when it lowered it.' })
  change!: string;

  @ApiProperty({ format: 'date-time', description: 'Business time.' })
  effectiveAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the transaction was committed.' })
  recordedAt!: string;

  @ApiProperty({
    type: [String],
    enum: MARKS,
    description: `\`late\`: recorded at \`effectiveAt\` of the question or later. \`backdated\`: recorded more than ${limits.backdatedAfterMs / 1000} s after its own effective time. \`reversing\`: it takes back another transaction.`,
  })
  marks!: readonly Mark[];

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The transaction it reverses, whole or in part.',
  })
  reverses!: string | null;

  @ApiProperty({ description: 'The position of the transaction in the log; as digits.' })
  position!: string;
}

/** Why a balance changed, as it is answered. */
export class BalanceExplanation implements AnsweredPage<ExplainingEntry> {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ format: 'date-time', description: 'As asked, in UTC.' })
  effectiveAt!: string;

  @ApiProperty({ format: 'date-time', description: 'As asked, in UTC.' })
  from!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  to!: string | null;

  @ApiProperty({ description: 'The balance at `effectiveAt` as it was known at `from`.' })
  before!: string;

  @ApiProperty({ description: 'The balance at `effectiveAt` as it was known at `to`.' })
  after!: string;

  @ApiProperty({ type: [ExplainingEntry], description: 'What lies between, in the order of the log.' })
  data!: readonly ExplainingEntry[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the page is valid at; as digits.' })
  position!: string;
}

const EXAMPLE: BalanceExplanation = {
  accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  currency: 'USD',
  exponent: 2,
  effectiveAt: '2026-03-01T00:00:00.000Z',
  from: '2026-03-03T12:00:00.000Z',
  to: null,
  before: '3950',
  after: '2900',
  data: [
    {
      transactionId: '9b2f4c1e-8d55-5c6e-a4f0-0e7d5c3b2a10',
      leg: 0,
      direction: 'debit',
      amount: '1050',
      change: '-1050',
      effectiveAt: '2026-02-28T12:00:00.000Z',
      recordedAt: '2026-03-10T09:31:00.012Z',
      marks: ['late', 'backdated'],
      reverses: null,
      position: '2048',
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};

@ApiTags('accounts')
@Controller('v1/accounts')
export class ExplainBalanceController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':accountId/balance/explain')
  @DescribeQuery({
    summary: 'Explain why a balance changed',
    description:
      'Exactly the entries that moved the balance at `effectiveAt` between two states of knowledge: those effective before it and recorded from `from` on and before `to`. `before` and the changes add up to `after`.',
    answers: [
      {
        status: 200,
        description: 'A page of the entries between.',
        type: BalanceExplanation,
        example: EXAMPLE,
      },
    ],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'cursor-must-be-well-formed',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: EXAMPLE.accountId })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Query() parameters: ExplainParameters,
  ): Promise<BalanceExplanation> {
    const scope = toScope(accountId, parameters);
    const list = ['explain', principal.companyId, accountId, scope.effectiveAt, scope.from, scope.to];
    const page = toPageRequest(list, parameters);
    const found =
      (await projected(this.queries.execute(new ExplainBalanceQuery(principal, scope, page)))) ??
      (await this.nothing(principal, accountId));
    const { currency, exponent, before, after } = found;
    const rows = found.page.rows.map((entry) => toAnswer(entry, scope));
    return {
      ...{ accountId, currency, exponent },
      ...{ effectiveAt: scope.effectiveAt, from: scope.from, to: scope.to },
      ...{ before: before.toString(), after: after.toString() },
      ...answerPage(list, { ...found.page, rows }),
    };
  }

  /** What is known of an account that was opened a moment ago. */
  private async nothing(principal: Principal, accountId: string): Promise<Explanation> {
    const opened = await this.queries.execute(new ReadAccountQuery(principal, accountId));
    if (opened === null) throw notThere('account-must-exist');
    const { currency, exponent } = opened.account;
    return { currency, exponent, before: 0n, after: 0n, page: { rows: [], next: null, position: 0n } };
  }
}

function toScope(accountId: string, parameters: ExplainParameters): ExplainScope {
  const [effectiveAt, from, to] = [parameters.effectiveAt, parameters.from, parameters.to].map(toUtc);
  if (!effectiveAt) {
    throw refusedParameter('effectiveAt', 'isPresent', 'A balance at a time is explained: send effectiveAt.');
  }
  if (!from) throw refusedParameter('from', 'isPresent', 'Knowledge since a time is explained: send from.');
  if (to && from > to) throw refusedParameter('from', 'isOrdered', 'from is not after to.');
  return { accountId, effectiveAt, from, to: to ?? null };
}

function toAnswer(entry: MovingEntry, { effectiveAt }: ExplainScope): ExplainingEntry {
  const { transactionId, leg, direction, reverses } = entry;
  const delayMs = Date.parse(entry.recordedAt) - Date.parse(entry.effectiveAt);
  const holds: Readonly<Record<Mark, boolean>> = {
    late: entry.recordedAt >= effectiveAt,
    backdated: delayMs > limits.backdatedAfterMs,
    reversing: reverses !== null,
  };
  return {
    ...{ transactionId, leg, direction, reverses },
    amount: entry.amount.toString(),
    change: entry.change.toString(),
    effectiveAt: entry.effectiveAt,
    recordedAt: entry.recordedAt,
    marks: MARKS.filter((mark) => holds[mark]),
    position: entry.position.toString(),
  };
}
