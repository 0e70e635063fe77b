import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { limits } from '../../config/limits.js';
import type { AppLogger } from '../../observability/logger.js';
import { TooBusy, TryAgain } from '../../write/command.js';
import { AppendOutcomeUnknown, EventStoreUnavailable, isStoreAway } from '../event-store/event-store.js';
import { PostgresUnavailable } from '../postgres/sqlstate.js';
import { Problem, PROBLEM_CONTENT_TYPE, type ProblemCode } from './problem.js';
import { pathOf } from './request-context.js';

/** Fastify's own refusals, by its error codes. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-must-be-smaller',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'content-type-must-be-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request-must-be-well-formed',
};

const STATUS_CODES: Readonly<Record<number, ProblemCode>> = {
  404: 'route-must-exist',
  405: 'method-must-be-allowed',
  408: 'request-must-arrive-in-time',
  413: 'body-must-be-smaller',
  415: 'content-type-must-be-json',
  503: 'server-is-stopping',
};

/** Answers whatever was thrown with a problem document. What we did not expect is told to the log, not to the caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: AppLogger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = toProblem(thrown);
    if (problem.status === 500) {
      this.logger.write('error', { requestId: request.id, err: thrown }, 'A request failed inside.');
    } else if (problem.status >= 503) {
      this.logger.write(
        isStoreAway(problem.cause) ? 'debug' : 'warn',
        { requestId: request.id, code: problem.code, err: problem.cause },
        problem.message,
      );
    }
    sendProblem(http.getResponse<FastifyReply>(), problem);
  }
}

/** Sends a problem document, unless the answer has begun already. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (reply.sent || reply.raw.headersSent) return;
  const { request } = reply;
  void reply
    .status(problem.status)
    .headers(problem.headers)
    .type(PROBLEM_CONTENT_TYPE)
    .send(JSON.stringify(problem.toDocument(pathOf(request.url), request.id)));
}

/** What a thrown thing means to the caller. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof TooBusy) {
    return new Problem('ledger-is-busy', { retryAfterSeconds: limits.retryAfterBusySeconds, cause: thrown });
  }
  if (thrown instanceof TryAgain || thrown instanceof AppendOutcomeUnknown)
    return unavailable('outcome-is-not-known-yet', thrown);
  if (thrown instanceof EventStoreUnavailable) return unavailable('event-store-is-unavailable', thrown);
  if (thrown instanceof PostgresUnavailable) return unavailable('reads-are-unavailable', thrown);
  const cause: unknown = thrown instanceof HttpException ? (thrown.cause ?? thrown) : thrown;
  if (cause instanceof Problem) return cause;
  const code = codeOf(thrown, cause);
  return new Problem(code, { cause: thrown });
}

function unavailable(code: ProblemCode, cause: Error): Problem {
  return new Problem(code, { retryAfterSeconds: limits.retryAfterUnavailableSeconds, cause });
}

function codeOf(thrown: unknown, cause: unknown): ProblemCode {
  const fastifyCode = textProperty(cause, 'code');
  if (fastifyCode !== undefined && Object.hasOwn(FASTIFY_CODES, fastifyCode)) {
    return FASTIFY_CODES[fastifyCode] ?? 'request-must-be-well-formed';
  }
  const status = thrown instanceof HttpException ? thrown.getStatus() : 500;
  if (Object.hasOwn(STATUS_CODES, status)) return STATUS_CODES[status] ?? 'internal-error';
  return status >= 400 && status < 500 ? 'request-must-be-well-formed' : 'internal-error';
}

function textProperty(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
  const property: unknown = Reflect.get(value, name);
  return typeof property === 'string' ? property : undefined;
}
