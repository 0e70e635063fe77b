import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiExtraModels, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable, addAbortSignal } from 'node:stream';
import { limits } from '../../src/config/limits.js';
import { DescribeQuery } from '../../src/edges/http/api-docs.js';
import { POSITION_HEADER } from '../../src/edges/http/command-answer.js';
import { CurrentPrincipal } from '../../src/edges/http/principal.js';
import { notThere, Problem } from '../../src/edges/http/problem.js';
import { PathId } from '../../src/edges/http/validation.js';
import { toInstant } from '../../src/kernel/clock.js';
import type { Principal } from '../../src/kernel/principal.js';
import { ReadAccountQuery } from '../../src/write/accounts/read-account/read-account.query.js';
import { projected, refusedParameter, toAtLeast, toUtc } from '../runtime/list.http.js';
import { openParts, sealParts, type ListIdentity } from '../runtime/list.js';
import { csvFoot, csvHead, csvLines } from './statement-csv.js';
import { formatByAccept, type StatementFormat } from './statement-format.js';
import { htmlFoot, htmlHead, htmlLines, STATEMENT_POLICY } from './statement-html.js';
import {
  ReadStatementQuery,
  type StatementCursor,
  type StatementPage,
  type StatementScope,
} from './statement.query.js';
import { Statement, STATEMENT_EXAMPLE, StatementParameters, toStatement } from './statement.view.js';

/** A statement in a form that is not cut into pages. */
interface Document {
  readonly contentType: string;
  readonly head: (page: StatementPage) => string;
  readonly lines: (page: StatementPage) => string;
  readonly foot: (page: StatementPage) => string;
}

const DOCUMENTS: { readonly [Format in Exclude<StatementFormat, 'json'>]: Document } = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: csvHead,
    lines: csvLines,
    foot: csvFoot,
  },
  html: { contentType: 'text/html; charset=utf-8', head: htmlHead, lines: htmlLines, foot: htmlFoot },
};

const STATEMENT_CSV_EXAMPLE =
  'row,effective_at,recorded_at,transaction_id,leg,kind,description,reference,reverses,direction,amount_minor,amount,balance_minor,balance,currency\r\n' +
  'opening,2026-02-01T00:00:00.000Z,,,,,,,,,,,5000,50.00,USD\r\n' +
  'closing,2026-03-01T00:00:00.000Z,,,,,,,,,,,5000,50.00,USD\r\n';

/** The numbers a cursor remembers. */
const CURSOR_PARTS = 4;

@ApiTags('accounts')
@Controller('v1/accounts')
export class ReadStatementController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':accountId/statement')
  @DescribeQuery({
    summary: "Read an account's statement of a period",
    description:
      'The entries that are effective from `from` on and before `to`, in the order of their effective time, each with the balance after it, between the opening and the closing balance: the closing balance of one period is the opening balance of the next. JSON comes in pages. CSV and HTML, by `format` or `Accept`, come whole, as a stream. Everything is held to the position of the first page.',
    answers: [],
    problems: [
      'account-must-exist',
      'request-must-be-valid',
      'cursor-must-be-well-formed',
      'projection-is-behind',
      'reads-are-unavailable',
      'event-store-is-unavailable',
    ],
  })
  @ApiExtraModels(Statement)
  @ApiResponse({
    status: 200,
    description: 'The statement, or a page of it.',
    headers: {
      'Ledger-Position': { description: 'The position it is valid at.', schema: { type: 'string' } },
    },
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(Statement) },
        examples: { Statement: { summary: 'A page of a statement.', value: STATEMENT_EXAMPLE } },
      },
      'text/csv': {
        schema: { type: 'string', description: 'RFC 4180, with a header line.' },
        examples: { csv: { summary: 'All of it.', value: STATEMENT_CSV_EXAMPLE } },
      },
      'text/html': {
        schema: { type: 'string', description: 'A page to print, without scripts.' },
        examples: { html: { summary: 'All of it.', value: '<!doctype html> ... </html>' } },
      },
    },
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: STATEMENT_EXAMPLE.accountId })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Query() parameters: StatementParameters,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = toScope(accountId, parameters);
    const format = parameters.format ?? formatByAccept(request.headers.accept);
    if (format !== 'json') refusePaging(parameters);
    const list = ['statement', principal.companyId, scope.accountId, scope.from, scope.to, scope.knownAt];
    const cursor = toCursor(list, parameters.cursor);
    const pageSize =
      format !== 'json'
        ? limits.pageSizeMax
        : parameters.pageSize === undefined
          ? limits.pageSizeDefault
          : Number(parameters.pageSize);
    const first = await this.find(principal, scope, cursor, pageSize, toAtLeast(parameters));
    void reply.header('vary', 'accept').header(POSITION_HEADER, first.position.toString());
    if (format === 'json') {
      const next = first.next === null ? null : sealCursor(list, first.next);
      await reply.send(toStatement(first, next));
      return;
    }
    const document = DOCUMENTS[format];
    const name = `statement-${accountId}-${scope.from.slice(0, 10)}-${scope.to.slice(0, 10)}`;
    void reply.type(document.contentType);
    if (format === 'csv') void reply.header('content-disposition', `attachment; filename="${name}.csv"`);
    else void reply.header('content-security-policy', STATEMENT_POLICY);
    const text = Readable.from(this.write(principal, scope, first, document));
    // A client that stops reading must not keep the stream for ever.
    await reply.send(addAbortSignal(AbortSignal.timeout(limits.statementStreamMsMax), text));
  }

  /** Writes a whole statement, one page after the other as the client takes them. */
  private async *write(
    principal: Principal,
    scope: StatementScope,
    first: StatementPage,
    document: Document,
  ): AsyncGenerator<string> {
    yield document.head(first);
    for (let page = first; ; page = await this.find(principal, scope, page.next, limits.pageSizeMax, null)) {
      yield document.lines(page);
      if (page.next === null) break;
    }
    yield document.foot(first);
  }

  /** @throws Problem `account-must-exist`, `projection-is-behind` */
  private async find(
    principal: Principal,
    scope: StatementScope,
    cursor: StatementCursor | null,
    pageSize: number,
    atLeast: bigint | null,
  ): Promise<StatementPage> {
    const query = new ReadStatementQuery(principal, scope, cursor, pageSize, atLeast);
    const found = await projected(this.queries.execute(query));
    if (found !== null) return found;
    // Opened a moment ago, perhaps: nothing was on it yet.
    const opened = await this.queries.execute(new ReadAccountQuery(principal, scope.accountId));
    if (opened === null) throw notThere('account-must-exist');
    const { name, type, currency, exponent } = opened.account;
    const nothing = { opening: 0n, closing: 0n, lines: [], next: null, position: 0n };
    return { ...scope, name, type, currency, exponent, ...nothing };
  }
}

function toScope(accountId: string, parameters: StatementParameters): StatementScope {
  const [from, to] = [toUtc(parameters.from), toUtc(parameters.to)];
  if (from === null) throw refusedParameter('from', 'isPresent', 'A statement is of a period: send from.');
  if (to === null) throw refusedParameter('to', 'isPresent', 'A statement is of a period: send to.');
  if (from > to) throw refusedParameter('from', 'isOrdered', 'from is not after to.');
  return { accountId, from, to, knownAt: toUtc(parameters.knownAt) };
}

function refusePaging({ cursor, pageSize }: StatementParameters): void {
  const sentence = 'Only JSON comes in pages; CSV and HTML come whole.';
  if (cursor !== undefined) throw refusedParameter('cursor', 'isAlone', sentence);
  if (pageSize !== undefined) throw refusedParameter('pageSize', 'isAlone', sentence);
}

function toCursor(list: ListIdentity, text: string | undefined): StatementCursor | null {
  if (text === undefined) return null;
  const [effectiveAtMs, number, balance, pinned] = openParts(list, text, CURSOR_PARTS) ?? [];
  const isWhole =
    effectiveAtMs !== undefined && number !== undefined && balance !== undefined && pinned !== undefined;
  if (!isWhole || !isInRange(effectiveAtMs, number, pinned)) {
    throw new Problem('cursor-must-be-well-formed', { pointer: '#query/cursor' });
  }
  return { effectiveAtMs, number, balance, pinned };
}

/** What a forged cursor could hold: times that do not exist, and numbers that PostgreSQL does not have. */
function isInRange(effectiveAtMs: bigint, number: bigint, pinned: bigint): boolean {
  const isPosition = (value: bigint): boolean => value >= 0n && value < 2n ** 63n;
  const atMs = Number(effectiveAtMs);
  return (
    isPosition(number) &&
    isPosition(pinned) &&
    Math.abs(atMs) <= 8.64e15 &&
    /^(?!0000)\d{4}-/.test(toInstant(atMs))
  );
}

function sealCursor(list: ListIdentity, { effectiveAtMs, number, balance, pinned }: StatementCursor): string {
  return sealParts(list, [effectiveAtMs, number, balance, pinned]);
}
