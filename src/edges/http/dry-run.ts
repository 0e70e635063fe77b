import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { CommandContext } from '../../write/command.js';
import { commandContextOf } from './idempotency-key.js';
import { brokenRule } from './problem.js';

export const TAKES_DRY_RUN = 'evenkeel:takes-dry-run';

/** Marks a command that can be tried; every other refuses `dryRun`. */
export const MarkDryRun = (): MethodDecorator => SetMetadata(TAKES_DRY_RUN, true);

/** How a command that can be tried is meant. */
export interface Run {
  readonly context: CommandContext;
  /** Nothing is stored: the answer says what would be. */
  readonly isDry: boolean;
}

/**
 * Reads `?dryRun=true`, where it may stand.
 *
 * @throws Problem for any other value: a misspelt dry run must not move money
 */
export function parseDryRun(query: unknown): boolean {
  const { dryRun } = query as Readonly<Record<string, unknown>>;
  if (dryRun === undefined || dryRun === 'false') return false;
  if (dryRun === 'true') return true;
  throw brokenRule('#query/dryRun', 'isBoolean', 'This is true or false.');
}

/**
 * Hands a controller method the `Run`. A dry run needs no idempotency key, since it takes none; one that is sent is held to
 * its form. Put it first, so that a request without a key is refused before its body is looked at.
 */
export const CurrentRun = createParamDecorator((_: unknown, context: ExecutionContext): Run => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const isDry = parseDryRun(request.query);
  return { context: commandContextOf(request, isDry ? 'dry-run' : undefined), isDry };
});
