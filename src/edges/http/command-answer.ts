import type { FastifyReply } from 'fastify';
import { limits } from '../../config/limits.js';
import type { CommandOutcome } from '../../write/command.js';
import type { Refusal } from '../../write/refusals.js';
import { pathPointerOf, Problem, PROBLEMS, type ProblemError } from './problem.js';

export const POSITION_HEADER = 'ledger-position';
export const REPLAYED_HEADER = 'idempotency-replayed';

/** A command's answer: what it made or changed, and the position from which reads show it. */
export type Positioned<Body> = Body & { readonly position: string };

/**
 * Answers a command: status and headers on the reply, the body returned.
 *
 * @param status for an accepted and settled command; one that still owes entries is answered 202
 * @param headers extra headers made from the body, such as Location and ETag
 * @throws Problem for a refusal
 */
export function answerCommand<Body extends object>(
  reply: FastifyReply,
  outcome: CommandOutcome<Body>,
  status: 200 | 201 | 202,
  headers: (body: Body) => Readonly<Record<string, string>> = () => ({}),
): Positioned<Body> {
  if (outcome.kind === 'refused') {
    const { refusal } = outcome;
    const pointer = refusal.pointer ?? pathPointerOf(refusal.code);
    throw problemOf({ ...refusal, pointer }, outcomeHeaders(outcome.position, outcome.replayed));
  }
  void reply.status(outcome.settled ? status : 202);
  void reply.headers({ ...outcomeHeaders(outcome.position, outcome.replayed), ...headers(outcome.body) });
  return { ...outcome.body, position: outcome.position.toString() };
}

function outcomeHeaders(position: bigint | null, replayed: boolean): Record<string, string> {
  return {
    ...(position === null ? {} : { [POSITION_HEADER]: position.toString() }),
    ...(replayed ? { [REPLAYED_HEADER]: 'true' } : {}),
  };
}

/** Turns a refusal of the write side into the problem that is answered. */
export function problemOf(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Problem {
  const { code, pointer, details } = refusal;
  const { fields, ...facts } = details;
  // A reused key, or name, tells every field that differs from the first request.
  const differing = (fields ?? '').split(',').filter(Boolean).map(inRequest);
  const first = code === 'idempotency-key-reused' ? 'first request with this key' : 'first definition';
  const errors: ProblemError[] =
    differing.length > 0
      ? differing.map((field) => ({
          pointer: field,
          rule: code,
          detail: `This field differs from the ${first}.`,
        }))
      : pointer === null
        ? []
        : [{ pointer, rule: code, detail: PROBLEMS[code].title }];
  return new Problem(code, {
    pointer,
    errors,
    details,
    headers,
    ...(PROBLEMS[code].retryable ? { retryAfterSeconds: limits.retryAfterBusySeconds } : {}),
    detail: sentence(PROBLEMS[code].title, facts),
  });
}

/** Where a part of a request stands that is not in its body. */
function inRequest(field: string): string {
  return field === '/ifMatch' ? '#header/If-Match' : field;
}

function sentence(title: string, facts: Readonly<Record<string, string>>): string {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return told.length === 0 ? title : `${title.replace(/\.$/, '')}: ${told.join(', ')}.`;
}
