import { Body, Controller, HttpCode, Inject, Param, Put, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiParam, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsObject,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import type { FastifyReply } from 'fastify';
import { limits } from '../../../config/limits.js';
import { DescribeKeyless } from '../../../edges/http/api-docs.js';
import { answerCommand } from '../../../edges/http/command-answer.js';
import { IsCurrencyCode, isText, IsText, OptionalOrNull } from '../../../edges/http/fields.js';
import { CurrentRequestContext } from '../../../edges/http/request-context.js';
import { PathCounterName } from '../../../edges/http/validation.js';
import type { Direction } from '../../../kernel/money.js';
import type { RequestContext } from '../../command.js';
import type { CounterView } from '../counter-view.js';
import type { CounterPart } from '../events.js';
import { DefineCounterCommand, type DefineCounterRequest } from './define-counter.command.js';

const DIRECTIONS: readonly Direction[] = ['debit', 'credit'];
const METADATA_PART = 'metadata.';
const PLAIN_PARTS: readonly string[] = ['account', 'kind', 'direction', 'currency'];
const PARTS_SENTENCE = `The parts of a key are 1 to ${limits.counterPartsMax} different ones of ${PLAIN_PARTS.join(', ')} and metadata.<key>.`;

function isPart(value: unknown): value is CounterPart {
  if (typeof value !== 'string') return false;
  if (PLAIN_PARTS.includes(value)) return true;
  const isMetadata = value.startsWith(METADATA_PART);
  return isMetadata && isText(value.slice(METADATA_PART.length), limits.metadataKeyCharsMax);
}

const IsCounterPart = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isCounterPart', validator: { validate: isPart } },
    { each: true, message: PARTS_SENTENCE },
  );

/** A sum over several currencies would be a number without a unit. */
const KeepsCurrenciesApart = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'keepsCurrenciesApart',
      validator: {
        validate: (parts: unknown) =>
          !Array.isArray(parts) || parts.includes('account') || parts.includes('currency'),
      },
    },
    { message: 'Name account or currency among the parts: amounts of several currencies are never summed.' },
  );

/** Which legs a counter counts. */
export class CounterFilterBody {
  @OptionalOrNull()
  @IsText(limits.kindCharsMax)
  @ApiPropertyOptional({ type: String, nullable: true, default: null, maxLength: limits.kindCharsMax })
  kind?: string | null;

  @OptionalOrNull()
  @IsCurrencyCode()
  @ApiPropertyOptional({ type: String, nullable: true, default: null, pattern: '^[A-Z]{3}$' })
  currency?: string | null;

  @OptionalOrNull()
  @IsIn(DIRECTIONS, { message: 'A direction is debit or credit.' })
  @ApiPropertyOptional({ type: String, nullable: true, default: null, enum: [...DIRECTIONS, null] })
  direction?: Direction | null;
}

/** The body of `PUT /v1/counters/{counter}`. */
export class DefineCounterBody {
  @KeepsCurrenciesApart()
  @IsCounterPart()
  @ArrayUnique({ message: PARTS_SENTENCE })
  @ArrayMaxSize(limits.counterPartsMax, { message: PARTS_SENTENCE })
  @ArrayMinSize(1, { message: PARTS_SENTENCE })
  @IsArray({ message: PARTS_SENTENCE })
  @ApiProperty({
    type: [String],
    minItems: 1,
    maxItems: limits.counterPartsMax,
    uniqueItems: true,
    description:
      'What legs are told apart by, in the order of the key: `account`, `kind`, `direction`, `currency`, `metadata.<key>`; `account` or `currency` among them.',
  })
  by!: CounterPart[];

  @OptionalOrNull()
  @IsObject({ message: 'The legs to count are an object with kind, currency and direction.' })
  @ValidateNested()
  @Type(() => CounterFilterBody)
  @ApiPropertyOptional({
    type: CounterFilterBody,
    nullable: true,
    default: {},
    description: 'Only legs that agree with each of these are counted.',
  })
  where?: CounterFilterBody | null;
}

/** A definition as it is answered. */
export class DefinedCounter implements CounterView {
  @ApiProperty()
  counter!: string;

  @ApiProperty({ type: [String] })
  by!: readonly CounterPart[];

  @ApiProperty({
    type: 'object',
    properties: {
      kind: { type: ['string', 'null'] },
      currency: { type: ['string', 'null'] },
      direction: { type: ['string', 'null'] },
    } as never,
    additionalProperties: false,
  })
  where!: CounterView['where'];

  @ApiProperty({ format: 'date-time' })
  definedAt!: string;

  @ApiProperty({ description: 'A read of the counter with `atLeast` of it knows the definition.' })
  position!: string;
}

const EXAMPLE: DefinedCounter = {
  counter: 'transfers-by-channel',
  by: ['currency', 'metadata.channel'],
  where: { kind: 'transfer', currency: null, direction: 'credit' },
  definedAt: '2026-03-01T09:30:00.000Z',
  position: '48215',
};

@ApiTags('counters')
@Controller('v1/counters')
export class DefineCounterController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}

  @Put(':counter')
  @HttpCode(200)
  @DescribeKeyless({
    summary: 'Define a counter that is derived from the ledger',
    description:
      'One count per posted leg, at its effective time, with its amount. What was posted before is counted too, in the background. A definition is for ever; the same one again changes nothing.',
    answers: [
      { status: 201, description: 'The counter is defined.', type: DefinedCounter, example: EXAMPLE },
      { status: 200, description: 'It was defined so before.', type: DefinedCounter, example: EXAMPLE },
    ],
    problems: ['counter-name-is-reserved', 'currency-must-exist', 'counter-defined-otherwise'],
  })
  @ApiParam({
    name: 'counter',
    description: 'Its name: small letters and digits, words joined by `-`, not beginning with `ledger-`.',
    example: EXAMPLE.counter,
  })
  @ApiBody({
    type: DefineCounterBody,
    examples: {
      channel: {
        summary: 'Credits of transfers by currency and the metadata key channel',
        value: { by: EXAMPLE.by, where: { kind: 'transfer', direction: 'credit' } },
      },
      account: { summary: 'Every leg, by account', value: { by: ['account'] } },
    },
  })
  async define(
    @CurrentRequestContext() context: RequestContext,
    @Param('counter', PathCounterName) counter: string,
    @Body() body: DefineCounterBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DefinedCounter> {
    const outcome = await this.commands.execute(new DefineCounterCommand(context, toRequest(counter, body)));
    // Without a key there is nothing to replay: the status says whether it is new.
    const wasDefined = outcome.kind === 'accepted' && outcome.replayed;
    return answerCommand(reply, { ...outcome, replayed: false }, wasDefined ? 200 : 201);
  }
}

/** Fills in every default, so that leaving a field out and sending its default are the same definition. */
function toRequest(counter: string, { by, where }: DefineCounterBody): DefineCounterRequest {
  return {
    counter,
    by,
    where: {
      kind: where?.kind ?? null,
      currency: where?.currency ?? null,
      direction: where?.direction ?? null,
    },
  };
}
