import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { REVISION_PATTERN } from './fields.js';
import { Problem } from './problem.js';

const POINTER = '#header/If-Match';
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
  throw new Problem('request-must-be-valid', {
    errors: [{ pointer: POINTER, rule: 'isRevision', detail: SENTENCE }],
    detail: `${POINTER}: ${SENTENCE}`,
  });
}

/** Hands a controller method the revision that `If-Match` expects, as digits, or null. */
export const ExpectedRevision = createParamDecorator((_: unknown, context: ExecutionContext): string | null =>
  parseIfMatch(context.switchToHttp().getRequest<FastifyRequest>().headers['if-match']),
);
