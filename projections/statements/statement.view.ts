import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { IsInstant, Optional } from '../../src/edges/http/fields.js';
import type { Direction } from '../../src/kernel/money.js';
import { PageInfo, PageParameters, type AnsweredPage } from '../runtime/list.http.js';
import { toDecimal } from './amount-text.js';
import { STATEMENT_FORMATS, type StatementFormat } from './statement-format.js';
import type { StatementLine, StatementPage } from './statement.query.js';

/** What a statement is asked for by. */
export class StatementParameters extends PageParameters {
  @IsInstant()
  @ApiPropertyOptional({
    required: true,
    format: 'date-time',
    description: 'Entries effective at this time or later; the opening balance is the balance at it.',
    example: '2026-02-01T00:00:00Z',
  })
  from?: string;

  @IsInstant()
  @ApiPropertyOptional({
    required: true,
    format: 'date-time',
    description: 'Entries effective before this time; the closing balance is the balance at it.',
    example: '2026-03-01T00:00:00Z',
  })
  to?: string;

  @Optional()
  @IsInstant()
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Only what was recorded before it. Absent: all that is known.',
  })
  knownAt?: string;

  @Optional()
  @IsIn(STATEMENT_FORMATS)
  @ApiPropertyOptional({ enum: STATEMENT_FORMATS, description: 'Instead of the Accept header.' })
  format?: StatementFormat;
}

/** An amount in both forms. */
export class StatementAmount {
  @ApiProperty({ description: 'Minor units as digits, with a minus when below zero.' })
  minor!: string;

  @ApiProperty({ description: 'The same as a decimal number.' })
  decimal!: string;
}

/** One line as it is answered. */
export class StatementEntry {
  @ApiProperty({ format: 'uuid' })
  transactionId!: string;

  @ApiProperty({ type: 'integer', description: "0-based index into the transaction's legs." })
  leg!: number;

  @ApiProperty()
  kind!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, nullable: true })
  reference!: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The transaction it reverses.' })
  reverses!: string | null;

  @ApiProperty({ enum: ['debit', 'credit'] })
  direction!: Direction;

  @ApiProperty({ type: StatementAmount })
  amount!: StatementAmount;

  @ApiProperty({ type: StatementAmount, description: 'The balance after it, in the order of the statement.' })
  balance!: StatementAmount;

  @ApiProperty({ format: 'date-time', description: 'Business time.' })
  effectiveAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When the transaction was committed.' })
  recordedAt!: string;

  @ApiProperty({ description: 'The position of the transaction in the log; as digits.' })
  position!: string;
}

/** A page of a statement as it is answered. */
export class Statement implements AnsweredPage<StatementEntry> {
  @ApiProperty({ format: 'uuid' })
  accountId!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'ISO 4217 code.' })
  currency!: string;

  @ApiProperty({ type: 'integer', description: "Digits after the currency's decimal point." })
  exponent!: number;

  @ApiProperty({ format: 'date-time', description: 'As asked, in UTC.' })
  from!: string;

  @ApiProperty({ format: 'date-time', description: 'As asked, in UTC.' })
  to!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'As asked, in UTC.' })
  knownAt!: string | null;

  @ApiProperty({ type: StatementAmount, description: 'The balance at `from`.' })
  opening!: StatementAmount;

  @ApiProperty({ type: StatementAmount, description: 'The balance at `to`.' })
  closing!: StatementAmount;

  @ApiProperty({ type: [StatementEntry] })
  data!: readonly StatementEntry[];

  @ApiProperty({ type: PageInfo })
  pageInfo!: PageInfo;

  @ApiProperty({ description: 'The position the whole statement is valid at; as digits.' })
  position!: string;
}

export const STATEMENT_EXAMPLE: Statement = {
  accountId: '5f0c1f9e-3c0a-5b52-9d1e-6f6f0a6f9c11',
  name: 'Customer 4711',
  currency: 'USD',
  exponent: 2,
  from: '2026-02-01T00:00:00.000Z',
  to: '2026-03-01T00:00:00.000Z',
  knownAt: null,
  opening: { minor: '5000', decimal: '50.00' },
  closing: { minor: '3950', decimal: '39.50' },
  data: [
    {
      transactionId: '9b2f4c1e-8d55-5c6e-a4f0-0e7d5c3b2a10',
      leg: 0,
      kind: 'transfer',
      description: 'Order 8812',
      reference: 'order-8812',
      reverses: null,
      direction: 'debit',
      amount: { minor: '1050', decimal: '10.50' },
      balance: { minor: '3950', decimal: '39.50' },
      effectiveAt: '2026-02-20T09:31:00.000Z',
      recordedAt: '2026-02-20T09:31:00.012Z',
      position: '2048',
    },
  ],
  pageInfo: { next: null, hasMore: false },
  position: '2048',
};

/** Writes a page as it is answered. */
export function toStatement(page: StatementPage, next: string | null): Statement {
  const { accountId, name, currency, exponent, from, to, knownAt } = page;
  const amount = (minor: bigint): StatementAmount => ({
    minor: minor.toString(),
    decimal: toDecimal(minor, exponent),
  });
  const toEntry = ({ position, ...line }: StatementLine): StatementEntry => ({
    ...line,
    amount: amount(line.amount),
    balance: amount(line.balance),
    position: position.toString(),
  });
  return {
    ...{ accountId, name, currency, exponent, from, to, knownAt },
    opening: amount(page.opening),
    closing: amount(page.closing),
    data: page.lines.map(toEntry),
    pageInfo: { next, hasMore: next !== null },
    position: page.position.toString(),
  };
}
