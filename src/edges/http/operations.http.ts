import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import {
  ApiOperation,
  ApiProperty,
  ApiResponse,
  ApiTags,
  getSchemaPath,
  ApiExtraModels,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { registry } from '../../observability/metrics.js';
import { Public } from './principal.js';

/** The event a read model could not apply. */
export class StoppedAtEvent {
  @ApiProperty({ description: 'Its position in the log; as digits.' })
  position!: string;

  @ApiProperty()
  type!: string;

  @ApiProperty()
  streamName!: string;

  @ApiProperty({ description: 'Its revision in that stream; as digits.' })
  revision!: string;
}

/** How one read model is doing. */
export class ProjectionHealth {
  @ApiProperty()
  name!: string;

  @ApiProperty({
    description:
      '`live`, `catching-up`, `standby`, or `stopped` on an event it can not apply or a checkpoint it must not use.',
  })
  state!: string;

  @ApiProperty({ type: String, nullable: true, description: 'The position it has written up to; as digits.' })
  position!: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Age of the oldest event it has not written; 0 when it is caught up.',
  })
  lagMs!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it stopped or waits.' })
  reason!: string | null;

  @ApiProperty({ type: StoppedAtEvent, nullable: true, description: 'The event it could not apply.' })
  stoppedAt!: StoppedAtEvent | null;
}

/** How the settler is doing, which finishes what a crash left. */
export class SettlerHealth {
  @ApiProperty({ description: '`live`, `catching-up`, `standby` or `stopped`.' })
  state!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Why it stopped or waits.' })
  reason!: string | null;

  @ApiProperty({ type: 'integer', description: 'Transactions with something owed.' })
  inFlight!: number;
}

/** Whether this process can do its work, and what of it is impaired. */
export class Readiness {
  @ApiProperty({ enum: ['ready', 'not-ready'] })
  status!: 'ready' | 'not-ready';

  @ApiProperty({ enum: ['up', 'down'] })
  eventStore!: 'up' | 'down';

  @ApiProperty({ enum: ['available', 'unavailable'] })
  writes!: 'available' | 'unavailable';

  @ApiProperty({
    enum: ['available', 'degraded'],
    description: '`degraded`: PostgreSQL is away; commands and strong reads still work.',
  })
  reads!: 'available' | 'degraded';

  @ApiProperty({ type: SettlerHealth, nullable: true, description: 'Null in a process without that role.' })
  settler!: SettlerHealth | null;

  @ApiProperty({ type: [ProjectionHealth] })
  projections!: readonly ProjectionHealth[];
}

/** Asks the parts of the process how they are. Implemented where they are put together. */
export abstract class HealthProbe {
  /** Never fails and never takes long: a part that does not answer in time counts as down. */
  abstract readiness(): Promise<Readiness>;

  /** Brings the metrics that are states rather than counts up to date; called before they are read. */
  abstract measure(): void;
}

const EXAMPLE_READINESS: Readiness = {
  status: 'ready',
  eventStore: 'up',
  writes: 'available',
  reads: 'available',
  settler: { state: 'live', reason: null, inFlight: 0 },
  projections: [
    { name: 'account_balances', state: 'live', position: '2048', lagMs: 0, reason: null, stoppedAt: null },
  ],
};

/** What operators and their machines ask. */
@ApiTags('operations')
@Public()
@Controller()
export class OperationsController {
  constructor(@Inject(HealthProbe) private readonly probe: HealthProbe) {}

  @Get('livez')
  @ApiOperation({
    summary: 'Tell whether the process is alive',
    description: 'Answers as long as its event loop turns; says nothing about what it depends on.',
  })
  @ApiResponse({
    status: 200,
    description: 'Alive.',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['status'],
          properties: { status: { type: 'string', enum: ['alive'] } },
        },
        examples: { answer: { summary: 'Alive.', value: { status: 'alive' } } },
      },
    },
  })
  live(): { readonly status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  @ApiExtraModels(Readiness)
  @ApiOperation({
    summary: 'Tell whether the process can take requests',
    description:
      'Ready means ready for writes: the event store answers. PostgreSQL being away degrades reads only.',
  })
  @ApiResponse({
    status: 200,
    description: 'Ready.',
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(Readiness) },
        examples: { answer: { summary: 'Ready.', value: EXAMPLE_READINESS } },
      },
    },
  })
  @ApiResponse({
    status: 503,
    description: 'Not ready: the event store does not answer, or the process is stopping.',
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(Readiness) },
        examples: {
          answer: {
            summary: 'Not ready.',
            value: { ...EXAMPLE_READINESS, status: 'not-ready', eventStore: 'down', writes: 'unavailable' },
          },
        },
      },
    },
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.probe.readiness();
    void reply.status(readiness.status === 'ready' ? 200 : 503);
    return readiness;
  }

  @Get('metrics')
  @Header('content-type', registry.contentType)
  @ApiOperation({ summary: 'Export metrics', description: 'Prometheus text format.' })
  @ApiResponse({
    status: 200,
    description: 'All metrics.',
    content: {
      'text/plain': {
        schema: { type: 'string' },
        examples: { answer: { summary: 'A counter.', value: 'ledger_transactions_posted_total 42\n' } },
      },
    },
  })
  metrics(): Promise<string> {
    this.probe.measure();
    return registry.metrics();
  }
}
