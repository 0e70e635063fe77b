import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../../write/command.js';
import { principalOf } from './principal.js';

/** What a caller may choose as request id: short, and harmless in a log line. */
const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** W3C Trace Context, version 00 or a later one read as 00; an all-zero trace id is invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** The id of a request: the caller's `X-Request-Id` when it is sane, else a fresh one. */
export function requestIdFor(raw: Pick<IncomingMessage, 'headers'>): string {
  const sent = raw.headers['x-request-id'];
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

/** The trace a request belongs to, or null when it carries no valid `traceparent`. */
export function traceIdOf(request: Pick<FastifyRequest, 'headers'>): string | null {
  const sent = request.headers['traceparent'];
  return (typeof sent === 'string' && TRACEPARENT.exec(sent)?.[1]) || null;
}

/** Ties together everything one caller's action caused: the trace where there is one, else the request. */
export function correlationIdOf(request: Pick<FastifyRequest, 'headers' | 'id'>): string {
  return traceIdOf(request) ?? request.id;
}

/** The path of a request without its query. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** Who asks in a request, as commands carry it. */
export function requestContextOf(request: FastifyRequest): RequestContext {
  return {
    principal: principalOf(request),
    requestId: request.id,
    correlationId: correlationIdOf(request),
  };
}

/** Hands a controller method the `RequestContext` of a command that takes no key. */
export const CurrentRequestContext = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestContext =>
    requestContextOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
