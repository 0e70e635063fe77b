import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInstant, Optional } from '../../src/edges/http/fields.js';
import { FreshnessParameters, toUtc } from '../runtime/list.http.js';
import type { AsOf } from './balances-at.js';
import type { BalanceAtView } from './balance-at.query.js';

/** Parameters of reads at two times. */
export class AsOfParameters extends FreshnessParameters {
  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Business time: only entries effective before it. Absent: all, those dated ahead included.',
    example: '2026-03-01T00:00:00Z',
  })
  effectiveAt?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Recorded time: only what was recorded before it. Absent: all that is known.',
    example: '2026-03-03T12:00:00Z',
  })
  knownAt?: string;
}

/** Reads the two times; null when neither is asked for. */
export function toAsOf({ effectiveAt, knownAt }: AsOfParameters): AsOf | null {
  if (effectiveAt === undefined && knownAt === undefined) return null;
  return { effectiveAt: toUtc(effectiveAt), knownAt: toUtc(knownAt) };
}

/** An account's balance at two times, as it is answered. */
export class BalanceAt implements BalanceAtView {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  effectiveAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  knownAt!: string | null;

  @ApiProperty({ description: 'Sum of the debits before both times, in minor units as digits.' })
  debits!: string;

  @ApiProperty({ description: 'Sum of the credits before both times, in minor units as digits.' })
  credits!: string;

  @ApiProperty({ description: "Signed by the account's normal side; digits, with a minus when below zero." })
  balance!: string;

  @ApiProperty({ type: 'integer', description: 'Entries in these sums.' })
  entries!: number;

  @ApiProperty({ description: 'The position in the log these figures are valid at; as digits.' })
  position!: string;
}

export const BALANCE_AT_EXAMPLE: BalanceAt = {
  accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  currency: 'USD',
  exponent: 2,
  effectiveAt: '2026-03-01T00:00:00.000Z',
  knownAt: '2026-03-03T12:00:00.000Z',
  debits: '1050',
  credits: '5000',
  balance: '3950',
  entries: 2,
  position: '2048',
};
