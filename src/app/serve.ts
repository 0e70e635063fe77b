import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isIPv6, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'node:util';
import type { AppConfig } from '../config/config.js';
import { limits } from '../config/limits.js';
import { HttpModule } from '../edges/http/http.module.js';
import { createHttpServer, ServerState } from '../edges/http/http-server.js';
import { ApiDocument } from '../edges/http/openapi.js';
import type { HealthProbe } from '../edges/http/operations.http.js';
import { NoAuthentication } from '../edges/http/principal.js';
import type { AppLogger } from '../observability/logger.js';
import { AppModule, type AppParts } from './app.module.js';

/** The start was refused for a reason an operator can remove; the message says how. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

export interface ServedParts extends AppParts {
  readonly logger: AppLogger;
  /** Made with the state that the server and shutdown share. */
  readonly probe: (state: ServerState) => HealthProbe;
}

/** A listening HTTP server with everything behind it. */
export interface Served {
  readonly url: string;
  readonly nest: NestFastifyApplication;
  /**
   * Turns readiness off, refuses what is new, and waits for the answers in flight.
   *
   * @param waitMsMax `drainMsMax` unless told otherwise
   * @returns false when they did not end in time and were cut
   */
  drain(waitMsMax?: number): Promise<boolean>;
  /** Stops the modules. */
  close(): Promise<void>;
}

/**
 * Builds the application from its parts and listens.
 *
 * @throws StartRefused when the address can't be listened on
 */
export async function serve(config: AppConfig, parts: ServedParts): Promise<Served> {
  const state = new ServerState();
  const adapter = createHttpServer(parts.logger, state);
  const root = AppModule.of({
    ports: parts.ports,
    modules: [
      HttpModule.with({
        logger: parts.logger,
        authenticator: new NoAuthentication(),
        probe: parts.probe(state),
      }),
      ...parts.modules,
    ],
  });
  const nest = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: parts.logger,
    bodyParser: false,
    abortOnError: false,
  });
  nest.get(ApiDocument).describe(nest);
  try {
    await nest.init();
    // Not through Nest, which would log a refusal that is told in one sentence below.
    await nest.getHttpAdapter().getInstance().listen({ port: config.port, host: config.host });
  } catch (error) {
    await nest.close();
    throw refusedToListen(error, config);
  }
  const { port } = nest.getHttpServer().address() as AddressInfo;
  return {
    url: `http://${isIPv6(config.host) ? `[${config.host}]` : config.host}:${port}`,
    nest,
    drain: (waitMsMax = limits.drainMsMax) => drain(nest, state, waitMsMax),
    close: () => nest.close(),
  };
}

async function drain(nest: NestFastifyApplication, state: ServerState, waitMsMax: number): Promise<boolean> {
  state.isStopping = true;
  const timeout = new AbortController();
  const isDrained = await Promise.race([
    nest
      .getHttpAdapter()
      .getInstance()
      .close()
      .then(() => true),
    sleep(waitMsMax, false, { signal: timeout.signal }),
  ]);
  timeout.abort();
  if (!isDrained) nest.getHttpServer().closeAllConnections();
  return isDrained;
}

function refusedToListen(error: unknown, { host, port }: AppConfig): unknown {
  const code = types.isNativeError(error) && 'code' in error ? error.code : undefined;
  const other = 'set PORT to another port';
  switch (code) {
    case 'EADDRINUSE':
      return new StartRefused(`Port ${port} on ${host} is taken: stop what listens there, or ${other}.`, {
        cause: error,
      });
    case 'EACCES':
      return new StartRefused(`Port ${port} on ${host} is reserved for the administrator: ${other}.`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartRefused(`${host} is not an address of this machine: set HOST to 127.0.0.1.`, {
        cause: error,
      });
    default:
      return error;
  }
}
