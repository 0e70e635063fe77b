import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { TAKES_DRY_RUN } from './dry-run.js';
import { IF_MATCH_POINTER, TAKES_IF_MATCH } from './if-match.js';
import { escapePointer } from './json-body.js';
import { brokenRule } from './problem.js';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Global: a command is refused when its request asks for what its route does not know, since a client that believes in a
 * dry run, or in a precondition, must not move money. Reads are held to their parameters by their own classes.
 */
@Injectable()
export class CommandGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  /** @throws Problem that names the parameter or header */
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (READS.has(request.method)) return true;
    const marked = (mark: string): boolean => this.reflector.get(mark, context.getHandler()) === true;
    refuseUnknownParameters(request.query as object, marked(TAKES_DRY_RUN));
    if (request.headers['if-match'] !== undefined && !marked(TAKES_IF_MATCH)) {
      throw brokenRule(IF_MATCH_POINTER, 'isKnown', 'This command does not take If-Match: leave it out.');
    }
    return true;
  }
}

function refuseUnknownParameters(query: object, takesDryRun: boolean): void {
  const unknown = Object.keys(query).find((name) => !(takesDryRun && name === 'dryRun'));
  if (unknown === undefined) return;
  throw brokenRule(
    `#query/${escapePointer(unknown)}`,
    'isKnown',
    unknown === 'dryRun'
      ? 'This command has no dry run: leave the parameter out to carry it out.'
      : 'This field is not known here.',
  );
}
