import { Body, Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  ApiBody,
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeKeyless } from '../../../edges/http/api-docs.js';
import { answerCommand, type Positioned } from '../../../edges/http/command-answer.js';
import { CurrentRequestContext } from '../../../edges/http/request-context.js';
import type { RequestContext } from '../../command.js';
import { readActivities } from './read-activities.js';
import { RecordActivitiesCommand, type ActivitiesAccepted } from './record-activities.command.js';

/** Something that happened, to be counted once. */
export class ActivityBody {
  @ApiProperty({
    maxLength: limits.activityIdCharsMax,
    description: 'Names it within its counter: what is sent again under this id is not counted again.',
  })
  id!: string;

  @ApiProperty({
    maxLength: limits.counterNameCharsMax,
    pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$',
    description: 'A counter begins with its first activity; one that is derived from the ledger takes none.',
  })
  counter!: string;

  @ApiProperty({ maxLength: limits.counterKeyCharsMax, description: 'What it is counted for.' })
  key!: string;

  @ApiProperty({
    format: 'date-time',
    description: `When it happened, with an offset; at most ${limits.activityAheadMsMax / 1000} s ahead.`,
  })
  occurredAt!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    default: '1',
    pattern: '^(0|[1-9][0-9]{0,37})$',
    description: 'What it adds to the sum of its window.',
  })
  value?: string | null;
}

/** The body of `POST /v1/activities`, of several. */
export class RecordActivitiesBody {
  @ApiProperty({ type: [ActivityBody], minItems: 1, maxItems: limits.activitiesPerRequestMax })
  activities!: ActivityBody[];
}

/** What is answered: stored, and not counted yet. */
export class AcceptedActivities implements Positioned<ActivitiesAccepted> {
  @ApiProperty({ type: 'integer', description: 'Activities stored, repetitions included.' })
  accepted!: number;

  @ApiProperty({ description: 'A read of counters with `atLeast` of it shows them.' })
  position!: string;
}

const EXAMPLE = {
  id: 'b0b1c2d3',
  counter: 'page-views',
  key: 'pricing',
  occurredAt: '2026-03-01T09:30:00Z',
};

@ApiTags('counters')
@ApiExtraModels(ActivityBody, RecordActivitiesBody)
@Controller('v1/activities')
export class RecordActivitiesController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(202)
  @DescribeKeyless({
    summary: `Record up to ${limits.activitiesPerRequestMax} activities to be counted`,
    description:
      'All of them or none. There is no idempotency key: each activity is known by its id, so send the request again whenever its outcome is not known; what stands already is counted once.',
    answers: [
      {
        status: 202,
        description: 'The activities are stored, and will be counted.',
        type: AcceptedActivities,
        example: { accepted: 2, position: '48211' },
      },
    ],
    problems: ['counter-is-derived', 'counter-name-is-reserved', 'occurrence-too-far-ahead'],
  })
  @ApiBody({
    schema: {
      oneOf: [{ $ref: getSchemaPath(RecordActivitiesBody) }, { $ref: getSchemaPath(ActivityBody) }],
    },
    examples: {
      several: {
        summary: 'Two, one with a value',
        value: {
          activities: [EXAMPLE, { ...EXAMPLE, id: 'b0b1c2d4', counter: 'bytes-sent', value: '18234' }],
        },
      },
      one: { summary: 'One', value: EXAMPLE },
    },
  })
  async record(
    @CurrentRequestContext() context: RequestContext,
    @Body() body: object,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedActivities> {
    const request = readActivities(body);
    const outcome = await this.commands.execute(new RecordActivitiesCommand(context, request));
    return answerCommand(reply, outcome, 202);
  }
}
