import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { REVISION_PATTERN } from './fields.js';
import { brokenRule } from './problem.js';

export const TAKES_IF_MATCH = 'evenkeel:takes-if-match';
export const IF_MATCH_POINTER = '#header/If-Match';
const SENTENCE = 'If-Match is one revision in double quotes, as an ETag gives it, such as "7".';

/**
 * Reads the revision that a request expects (RFC 9110, 13.1.1): one strong entity tag, as this ledger gives them out.
 *
 * @returns the revision as digits, or null when the request expects none
 * @throws Problem when it is anything else: `*`, a weak tag, a list
 */
export function parseIfMatch(sent: string | undefined): string | null {
  if (sent === undefined) return null;
  const revision = /^"([^"]*)"$/.exec(sent.trim())?.[1];
  if (revision !== undefined && REVISION_PATTERN.test(revision)) return revision;
  throw brokenRule(IF_MATCH_POINTER, 'isRevision', SENTENCE);
}

/**
 * Lets a command take `If-Match`, and documents it; every other refuses it. Its method reads it with `ExpectedRevision`.
 *
 * @param description whose revision is meant
 */
export function TakesIfMatch(description: string): MethodDecorator {
  return applyDecorators(
    SetMetadata(TAKES_IF_MATCH, true),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description,
      schema: { type: 'string', pattern: '^"[0-9]+"$' },
    }),
  );
}

/** Hands a controller method the revision that `If-Match` expects, as digits, or null. */
export const ExpectedRevision = createParamDecorator((_: unknown, context: ExecutionContext): string | null =>
  parseIfMatch(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);
