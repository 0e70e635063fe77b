import { Controller, Get, Inject } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { projected } from '../runtime/list.http.js';
import { ReadIntegrityQuery, type IntegrityView, type ProjectionLag } from './integrity.query.js';

const CHECKER_STATES = ['reading', 'following', 'stopped', 'not-running'] as const;
const PROJECTION_STATES = ['live', 'catching-up', 'stopped', 'not-running'] as const;

class OwingCount {
  @ApiProperty({ type: 'integer', description: 'All of them, work under way included.' })
  all!: number;

  @ApiProperty({ type: 'integer', description: 'Those the settler should have finished by now.' })
  overdue!: number;
}

class Mismatches {
  @ApiProperty({ type: 'integer', description: '0 when the ledger is right.' })
  total!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'How many there are of each kind. The log of the checker names them.',
  })
  kinds!: Readonly<Record<string, number>>;
}

class Comparison {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ description: 'Digits.' })
  position!: string;
}

class CheckedPart {
  @ApiProperty({ type: 'integer', minimum: 1 })
  number!: number;

  @ApiProperty({ type: 'integer', minimum: 1, description: '1 when it is all of them.' })
  of!: number;
}

class ProjectionFreshness implements ProjectionLag {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: PROJECTION_STATES })
  state!: (typeof PROJECTION_STATES)[number];

  @ApiProperty({ type: String, nullable: true, description: 'How far its rows have come; as digits.' })
  position!: string | null;

  @ApiProperty({
    type: 'integer',
    description: 'Age of the oldest event its rows do not have; 0 when they have all.',
  })
  lagMs!: number;
}

/** What is known of the ledger's integrity. */
export class Integrity implements IntegrityView {
  @ApiProperty({
    enum: CHECKER_STATES,
    description:
      '`reading`: from the start of the log; `following`: has read all there was; `stopped`; `not-running`: no process has the role `checker`, or it is silent.',
  })
  state!: (typeof CHECKER_STATES)[number];

  @ApiProperty({ type: String, nullable: true, description: 'Why the checker stopped.' })
  reason!: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'How old these figures are; null when there are none.',
  })
  ageMs!: number | null;

  @ApiProperty({ description: 'Every event up to here was checked; as digits.' })
  verifiedPosition!: string;

  @ApiProperty({ description: 'The newest event of the log; as digits.' })
  headPosition!: string;

  @ApiProperty({ type: 'integer', description: 'Events checked.' })
  events!: number;

  @ApiProperty({
    type: CheckedPart,
    description: 'Which accounts these figures are of: all, or one part after another where there are many.',
  })
  part!: CheckedPart;

  @ApiProperty({ type: 'integer' })
  accounts!: number;

  @ApiProperty({ type: 'integer' })
  transactions!: number;

  @ApiProperty({ type: 'integer' })
  entries!: number;

  @ApiProperty({ type: Mismatches })
  mismatches!: Mismatches;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Per currency, debits less credits of all posted transactions in minor units: always "0".',
  })
  imbalance!: Readonly<Record<string, string>>;

  @ApiProperty({
    type: OwingCount,
    description: 'Legs of posted transactions that are not on their accounts yet.',
  })
  unsettledLegs!: OwingCount;

  @ApiProperty({
    type: OwingCount,
    description: 'Funds set aside that nothing will consume and no hold keeps.',
  })
  orphanReservations!: OwingCount;

  @ApiProperty({
    type: Comparison,
    nullable: true,
    description: 'When the read models were last compared with the log, and at which position.',
  })
  compared!: Comparison | null;

  @ApiProperty({ type: [ProjectionFreshness] })
  projections!: readonly ProjectionFreshness[];
}

const EXAMPLE: Integrity = {
  ...{ state: 'following', reason: null, ageMs: 480, verifiedPosition: '2048', headPosition: '2048' },
  ...{ events: 17, part: { number: 1, of: 1 }, accounts: 4, transactions: 4, entries: 7 },
  mismatches: { total: 0, kinds: {} },
  imbalance: { USD: '0' },
  unsettledLegs: { all: 0, overdue: 0 },
  orphanReservations: { all: 0, overdue: 0 },
  compared: { at: '2026-03-03T09:30:00.000Z', position: '2048' },
  projections: [{ name: 'account_balances', state: 'live', position: '2048', lagMs: 0 }],
};

/** Figures of the whole ledger. */
@ApiTags('operations')
@Controller('v1/integrity')
export class ReadIntegrityController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get()
  @DescribeQuery({
    summary: 'Tell whether the ledger is right',
    description:
      'What the checker last found by re-deriving every balance from the streams, and how far behind the read models are. Figures of all companies together; nothing of any one of them.',
    answers: [{ status: 200, description: 'The figures.', type: Integrity, example: EXAMPLE }],
    problems: ['reads-are-unavailable', 'event-store-is-unavailable'],
  })
  read(): Promise<Integrity> {
    return projected(this.queries.execute(new ReadIntegrityQuery()));
  }
}
