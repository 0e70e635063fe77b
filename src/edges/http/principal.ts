import {
  createParamDecorator,
  Inject,
  Injectable,
  SetMetadata,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import type { Principal } from '../../kernel/principal.js';
import { Problem } from './problem.js';

/** Names the tenant where authentication is off. */
export const COMPANY_HEADER = 'ledger-company';
export const COMPANY_DEFAULT = 'default';
export const COMPANY_PATTERN = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${limits.companyIdCharsMax - 1}}$`);

/** What a subject may do; with authentication off everyone may do everything. */
export const PRINCIPAL_ROLES: readonly string[] = ['reader', 'poster', 'approver', 'auditor', 'admin'];

/** The one place that knows who asks: exchanged when tokens arrive, without touching a controller. */
export abstract class Authenticator {
  /**
   * Reads the principal off a request.
   *
   * @throws Problem when the request does not say, or says it wrongly
   */
  abstract authenticate(request: FastifyRequest): Principal | Promise<Principal>;
}

/** `AUTH_MODE=none`: anyone who reaches the loopback address is anyone, in the company they name. */
@Injectable()
export class NoAuthentication extends Authenticator {
  override authenticate(request: FastifyRequest): Principal {
    const sent = request.headers[COMPANY_HEADER] ?? COMPANY_DEFAULT;
    if (typeof sent !== 'string' || !COMPANY_PATTERN.test(sent)) {
      throw new Problem('company-must-be-well-formed', { pointer: '#header/Ledger-Company' });
    }
    return { subject: 'anonymous', companyId: sent, roles: PRINCIPAL_ROLES };
  }
}

const PUBLIC = 'evenkeel:public';

/** Marks a route that belongs to no company: health, documentation. Every other route has a principal. */
export const Public = (): ReturnType<typeof SetMetadata> => SetMetadata(PUBLIC, true);

const principals = new WeakMap<FastifyRequest, Principal>();

/** Global: no controller runs before its caller is known. */
@Injectable()
export class PrincipalGuard implements CanActivate {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    principals.set(request, await this.authenticator.authenticate(request));
    return true;
  }
}

/**
 * The principal the guard established.
 *
 * @throws AssertionFailure on a public route: it has none
 */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  assert(principal !== undefined, 'A route that asks for its principal is not public.');
  return principal;
}

/** Hands a controller method its `Principal`. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal =>
  principalOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
