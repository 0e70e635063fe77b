import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { limits } from '../../config/limits.js';
import type { CommandContext } from '../../write/command.js';
import { Problem } from './problem.js';
import { requestContextOf } from './request-context.js';

const HEADER = 'idempotency-key';
const POINTER = '#header/Idempotency-Key';

/** A key's characters, the same in both forms: a superset of UUIDs that needs no escape anywhere. */
export const IDEMPOTENCY_KEY_PATTERN = new RegExp(`^[A-Za-z0-9._~-]{1,${limits.idempotencyKeyCharsMax}}$`);

/**
 * Reads the key of a command: a quoted string as draft-ietf-httpapi-idempotency-key-header-07 has it, or the bare token
 * that most clients send.
 *
 * @param sent every value of the header, one per header line
 * @throws Problem when there is none, more than one, or one that is malformed
 */
export function parseIdempotencyKey(sent: readonly string[]): string {
  const [value, ...others] = sent;
  if (value === undefined) throw new Problem('idempotency-key-must-be-present', { pointer: POINTER });
  if (others.length > 0) throw new Problem('idempotency-key-must-be-single', { pointer: POINTER });
  const text = value.trim();
  const key = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  if (!IDEMPOTENCY_KEY_PATTERN.test(key)) {
    // Node joins repeated lines only in `headers`; a list inside one line is a second key all the same.
    const isList = key.includes(',');
    throw new Problem(isList ? 'idempotency-key-must-be-single' : 'idempotency-key-must-be-well-formed', {
      pointer: POINTER,
    });
  }
  return key;
}

/**
 * The context of a command, read off its request.
 *
 * @param keyDefault the key of a request that sends none; without it, such a request is refused
 */
export function commandContextOf(request: FastifyRequest, keyDefault?: string): CommandContext {
  const sent = request.raw.headersDistinct[HEADER] ?? [];
  return {
    ...requestContextOf(request),
    idempotencyKey: sent.length === 0 && keyDefault !== undefined ? keyDefault : parseIdempotencyKey(sent),
  };
}

/**
 * Hands a controller method the `CommandContext`, idempotency key included. Put it first, so that a request without a
 * key is refused before its body is looked at.
 */
export const CurrentCommandContext = createParamDecorator(
  (_: unknown, context: ExecutionContext): CommandContext =>
    commandContextOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
