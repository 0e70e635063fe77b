import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../config/limits.js';
import type { AppLogger } from '../../observability/logger.js';
import { httpRequestDuration } from '../../observability/metrics.js';
import { parseJsonBody, parseJsonList } from './json-body.js';
import { LINES_CONTENT_TYPE, takesList } from './list-body.js';
import { Problem, PROBLEM_CONTENT_TYPE, type ProblemCode } from './problem.js';
import { sendProblem } from './problem-filter.js';
import { pathOf, requestIdFor, traceIdOf } from './request-context.js';

/** Every answer: not sniffed, not cached, not framed, and a page only where a page is meant. */
const ANSWER_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

/** Whether the server still takes requests. One object, shared by the server, readiness and shutdown. */
export class ServerState {
  isStopping = false;
}

/**
 * Builds the Fastify server under Nest: bounded in size and time, JSON only, every answer with its request id.
 * The body parser of Nest must be off (`bodyParser: false`).
 */
export function createHttpServer(logger: AppLogger, state: ServerState): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIdFor,
    clientErrorHandler: answerBrokenConnection,
    // An address that can't be decoded, or a parameter in it that is too long, never reaches a route or its filter.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(ANSWER_HEADERS).header('x-request-id', request.id);
      const isTooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
      sendProblem(reply, new Problem(isTooLong ? 'route-must-exist' : 'request-must-be-well-formed'));
    },
    routerOptions: { maxParamLength: Math.max(limits.idempotencyKeyCharsMax, limits.counterKeyCharsMax) },
    logger: false,
  });
  const server = adapter.getInstance<FastifyInstance>();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void) => {
      try {
        done(null, takesList(request) ? parseJsonList(body) : parseJsonBody(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  // Handed on as it arrives: who reads it bounds it.
  server.addContentTypeParser(LINES_CONTENT_TYPE, (request: FastifyRequest, body: IncomingMessage, done) => {
    if (takesList(request)) done(null, body);
    else done(new Problem('content-type-must-be-json'));
  });
  const allowedMethods = collectRoutes(server);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(ANSWER_HEADERS).header('x-request-id', request.id);
    if (state.isStopping) {
      void reply.header('connection', 'close');
      done(new Problem('server-is-stopping', { retryAfterSeconds: limits.retryAfterUnavailableSeconds }));
      return;
    }
    const allowed = request.is404 ? allowedMethods(pathOf(request.url)) : [];
    done(
      allowed.length === 0
        ? undefined
        : new Problem('method-must-be-allowed', { headers: { allow: allowed.join(', ') } }),
    );
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    // A client that keeps its connection would hold the shutdown until the keep-alive timeout.
    if (state.isStopping) void reply.header('connection', 'close');
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const status = String(reply.statusCode);
    httpRequestDuration.observe({ method: request.method, route, status }, reply.elapsedTime / 1000);
    logger.write(
      'debug',
      {
        requestId: request.id,
        traceId: traceIdOf(request) ?? undefined,
        method: request.method,
        route,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      },
      'Answered.',
    );
    done();
  });
  return adapter;
}

/** Remembers every route, to tell "no such address" from "not with this method". */
function collectRoutes(server: FastifyInstance): (path: string) => readonly string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    if (url === '*' || url === '/*') return;
    const pattern = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
      .join('/');
    routes.push({ pattern: new RegExp(`^${pattern}/?$`), methods: [method].flat() });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}

/** Answers what Node's own parser refused, before there was a request. */
function answerBrokenConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy(error);
    return;
  }
  const code: ProblemCode =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-must-arrive-in-time' : 'request-must-be-well-formed';
  const problem = new Problem(code);
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : problem.status;
  const body = JSON.stringify({ ...problem.toDocument('', requestIdFor({ headers: {} })), status });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `content-type: ${PROBLEM_CONTENT_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'x-content-type-options: nosniff',
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
