import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, ValidateIf, ValidateNested } from 'class-validator';
import { limits } from '../../config/limits.js';
import {
  IsAmount,
  IsAmountOrZero,
  IsCurrencyCode,
  IsId,
  IsInstant,
  IsMetadata,
  IsRevision,
  IsText,
  IsWithout,
  OptionalOrNull,
  parseInstant,
} from '../../edges/http/fields.js';
import { AMOUNT_DIGITS_MAX, type Direction } from '../../kernel/money.js';
import { ItemsAreObjects } from '../../edges/http/items.js';
import type { PostingText } from '../posting/road.js';
import type { Conditional } from './requested-conditions.js';
import type { RequestedLeg } from './requested-legs.js';

/** The fields that the requests of several transaction slices share. */

export const DIRECTIONS: readonly Direction[] = ['debit', 'credit'];

const AMOUNT_PATTERN = `^[1-9][0-9]{0,${AMOUNT_DIGITS_MAX - 1}}$`;

/** How an amount is documented. */
export const AMOUNT_PROPERTY = {
  pattern: AMOUNT_PATTERN,
  description: 'Minor units as digits: "1050" is 10.50 USD.',
} as const;

/** One leg of a request. */
export class LegBody {
  @IsId()
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @IsIn(DIRECTIONS, { message: 'A direction is debit or credit.' })
  @ApiProperty({ enum: DIRECTIONS })
  direction!: Direction;

  @IsAmount()
  @ApiProperty(AMOUNT_PROPERTY)
  amount!: string;

  @IsCurrencyCode()
  @ApiProperty({ pattern: '^[A-Z]{3}$' })
  currency!: string;
}

/** What the client may say about a movement in its own words. */
export class TextBody {
  @OptionalOrNull()
  @IsText(limits.kindCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.kindCharsMax,
    description: 'What sort of movement this is, in your words.',
  })
  kind?: string | null;

  @OptionalOrNull()
  @IsText(limits.descriptionCharsMax)
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: limits.descriptionCharsMax, default: null })
  description?: string | null;

  @OptionalOrNull()
  @IsText(limits.referenceCharsMax)
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: limits.referenceCharsMax,
    default: null,
    description: 'Your own id of the matter: not unique, transactions are found by it.',
  })
  reference?: string | null;

  @OptionalOrNull()
  @IsMetadata()
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' }, default: {} })
  metadata?: Record<string, string> | null;
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

/** What must hold of one account, or the request is refused. */
export class ConditionBody {
  @IsId()
  @ApiProperty({ format: 'uuid', description: 'Any account of the company, moved by the request or not.' })
  accountId!: string;

  @ValidateIf(({ availableMin, revision }: ConditionBody) => present(availableMin) || !present(revision))
  @IsAmountOrZero()
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'At least so much is available, in minor units, before the request takes its own.',
  })
  availableMin?: string | null;

  @OptionalOrNull()
  @IsRevision()
  @IsWithout('availableMin')
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'The account has exactly this revision, as its ETag says it. Not together with `availableMin`.',
  })
  revision?: string | null;
}

const CONDITIONS_SENTENCE = `A request makes 1 to ${limits.conditionsMax} conditions.`;

/** What a request may say and make itself depend on. */
@ApiExtraModels(ConditionBody)
export class ConditionalBody extends TextBody {
  @OptionalOrNull()
  @ArrayMinSize(1, { message: CONDITIONS_SENTENCE })
  @ArrayMaxSize(limits.conditionsMax, { message: CONDITIONS_SENTENCE })
  @IsArray({ message: 'Conditions are a list.' })
  @ItemsAreObjects('A condition is an object.')
  @ValidateNested({ each: true })
  @Type(() => ConditionBody)
  @ApiPropertyOptional({
    type: 'array',
    items: { $ref: getSchemaPath(ConditionBody) },
    nullable: true,
    minItems: 1,
    maxItems: limits.conditionsMax,
    default: null,
    description: 'What must hold when the ledger decides; otherwise 412 `condition-must-hold`, for good.',
  })
  conditions?: ConditionBody[] | null;
}

/** What a request to move money may say besides its legs. */
export class PostingBody extends ConditionalBody {
  @OptionalOrNull()
  @IsInstant()
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    default: null,
    description:
      'Business time with its offset; now when absent. At most 24 hours ahead. Milliseconds count, finer digits are cut off.',
  })
  effectiveAt?: string | null;
}

/**
 * The texts with every default filled in, so that leaving one out and sending its default are the same request.
 *
 * @param kind what the form calls its movements when the client does not
 */
export function toRequestedText(body: TextBody, kind: string): PostingText {
  return {
    kind: body.kind ?? kind,
    description: body.description ?? null,
    reference: body.reference ?? null,
    metadata: { ...body.metadata },
  };
}

/** The shared fields of a posting with every default filled in. */
export function toRequestedFields(
  body: PostingBody,
  kind: string,
): PostingText & Conditional & { readonly effectiveAt: string | null } {
  return {
    effectiveAt: toRequestedInstant(body.effectiveAt),
    ...toRequestedText(body, kind),
    ...toRequestedConditions(body),
  };
}

/** The conditions of a request, or nothing where it makes none. */
export function toRequestedConditions({ conditions }: ConditionalBody): Conditional {
  if (!conditions) return {};
  return {
    conditions: conditions.map(({ accountId, availableMin, revision }) => ({
      accountId: accountId.toLowerCase(),
      availableMin: availableMin ?? null,
      revision: revision ?? null,
    })),
  };
}

/** A moment in UTC; null where the client names none. */
export function toRequestedInstant(sent: string | null | undefined): string | null {
  return typeof sent === 'string' ? parseInstant(sent) : null;
}

/** The legs as commands know them: ids in lower case. */
export function toRequestedLegs(legs: readonly LegBody[]): RequestedLeg[] {
  return legs.map(({ accountId, direction, amount, currency }) => ({
    accountId: accountId.toLowerCase(),
    direction,
    amount,
    currency,
  }));
}
