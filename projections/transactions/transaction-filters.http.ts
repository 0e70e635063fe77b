import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, ValidateBy } from 'class-validator';
import { Transform } from 'class-transformer';
import { limits } from '../../src/config/limits.js';
import { IsAmount, IsCurrencyCode, IsId, IsInstant, IsText, Optional } from '../../src/edges/http/fields.js';
import { PageParameters, refusedParameter, toUtc } from '../runtime/list.http.js';
import type { MetadataFilter, TransactionFilters } from './transaction-filters.js';

const STATUSES = ['posted', 'rejected'] as const;

function isMetadataFilter(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { key, text } = toMetadataFilter(value);
  return (
    key.length >= 1 &&
    key.length <= limits.metadataKeyCharsMax &&
    (text ?? '').length <= limits.metadataValueCharsMax &&
    !/[\p{Cc}\p{Cs}]/u.test(value)
  );
}

/** What to list. */
export class TransactionListParameters extends PageParameters {
  @Optional()
  @IsText(limits.referenceCharsMax)
  @ApiPropertyOptional({ description: 'Only those with this reference.', example: 'order-8812' })
  reference?: string;

  @Optional()
  @IsText(limits.idempotencyKeyCharsMax)
  @ApiPropertyOptional({ description: 'Only what this key made: one, or none.' })
  idempotencyKey?: string;

  @Optional()
  @IsIn(STATUSES)
  @ApiPropertyOptional({ enum: STATUSES })
  status?: (typeof STATUSES)[number];

  @Optional()
  @IsText(limits.kindCharsMax)
  @ApiPropertyOptional({ description: 'Only those that the client called this.', example: 'transfer' })
  kind?: string;

  @Optional()
  @IsId()
  @ApiPropertyOptional({ format: 'uuid', description: 'Only those with a leg on this account.' })
  accountId?: string;

  @Optional()
  @IsCurrencyCode()
  @ApiPropertyOptional({ description: 'Only those with a leg in this currency: an ISO 4217 code.' })
  currency?: string;

  @Optional()
  @IsAmount()
  @ApiPropertyOptional({ description: 'Only those with a leg of at least so many minor units.' })
  amountMin?: string;

  @Optional()
  @IsAmount()
  @ApiPropertyOptional({ description: 'Only those with a leg of at most so many minor units.' })
  amountMax?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({ format: 'date-time', description: 'Only those effective at this time or later.' })
  effectiveFrom?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({ format: 'date-time', description: 'Only those effective before this time.' })
  effectiveTo?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({ format: 'date-time', description: 'Only those recorded at this time or later.' })
  recordedFrom?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({ format: 'date-time', description: 'Only those recorded before this time.' })
  recordedTo?: string;

  @Optional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(limits.metadataFiltersMax)
  @ValidateBy(
    {
      name: 'isMetadataFilter',
      validator: {
        validate: isMetadataFilter,
        defaultMessage: () =>
          `This is a metadata key of 1 to ${limits.metadataKeyCharsMax} characters, or key=value.`,
      },
    },
    { each: true },
  )
  @ApiPropertyOptional({
    type: [String],
    maxItems: limits.metadataFiltersMax,
    description: 'Only those whose metadata has this key, or this key with this value: `key` or `key=value`.',
    example: ['order=8812'],
  })
  metadata?: string[];
}

/**
 * Reads the filters.
 *
 * @throws Problem `request-must-be-valid` when a range ends before it begins
 */
export function toFilters(parameters: TransactionListParameters): TransactionFilters {
  const { reference = null, idempotencyKey = null, status = null, kind = null, currency = null } = parameters;
  const filters = {
    ...{ reference, idempotencyKey, status, kind, currency },
    accountId: parameters.accountId?.toLowerCase() ?? null,
    amountMin: toAmount(parameters.amountMin),
    amountMax: toAmount(parameters.amountMax),
    effectiveFrom: toUtc(parameters.effectiveFrom),
    effectiveTo: toUtc(parameters.effectiveTo),
    recordedFrom: toUtc(parameters.recordedFrom),
    recordedTo: toUtc(parameters.recordedTo),
    metadata: (parameters.metadata ?? []).map(toMetadataFilter),
  };
  refuseReversed('amountMin', 'amountMax', filters.amountMin, filters.amountMax);
  refuseReversed('effectiveFrom', 'effectiveTo', filters.effectiveFrom, filters.effectiveTo);
  refuseReversed('recordedFrom', 'recordedTo', filters.recordedFrom, filters.recordedTo);
  return filters;
}

function refuseReversed<Bound extends bigint | string>(
  lower: string,
  upper: string,
  from: Bound | null,
  to: Bound | null,
): void {
  if (from === null || to === null || from <= to) return;
  throw refusedParameter(lower, 'isOrdered', `${lower} is not after ${upper}.`);
}

function toAmount(digits: string | undefined): bigint | null {
  return digits === undefined ? null : BigInt(digits);
}

/** A key ends at the first equals sign. */
function toMetadataFilter(text: string): MetadataFilter {
  const at = text.indexOf('=');
  return at < 0 ? { key: text, text: null } : { key: text.slice(0, at), text: text.slice(at + 1) };
}
