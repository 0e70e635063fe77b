import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppHealthProbe } from '../../src/app/health.js';
import { ReadSide } from '../../src/app/read-side.js';
import { startApp, type RunningApp } from '../../src/app/start-app.js';
import { loadConfig } from '../../src/config/config.js';
import { EventStoreUnavailable } from '../../src/edges/event-store/event-store.js';
import { ServerState } from '../../src/edges/http/http-server.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import { AppLogger } from '../../src/observability/logger.js';
import { call } from '../support/http-client.js';
import { InMemoryEventStore } from '../support/in-memory-event-store.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { until } from '../support/until.js';

const logger = new AppLogger('silent');
const NOWHERE = 'postgresql://127.0.0.1:1/none';

let postgres: TestPostgres;
let scratch: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  scratch = await mkdtemp(path.join(tmpdir(), 'evenkeel-health-'));
});
afterAll(async () => {
  await postgres.stop();
  await rm(scratch, { recursive: true, force: true });
});

async function start(store: InMemoryEventStore, env: Record<string, string>): Promise<RunningApp> {
  return startApp(loadConfig({ PORT: '0', DATA_DIRECTORY: scratch, ...env }), { store, logger });
}

/** Opens two accounts and moves money between them. */
async function post(url: string): Promise<{ readonly accountId: string; readonly position: string }> {
  const accounts = await Promise.all(
    ['asset', 'liability'].map(async (type) => {
      const { json } = await call(url, 'POST /v1/accounts', { body: { name: type, type, currency: 'USD' } });
      return String(json['accountId']);
    }),
  );
  const [from = '', to = ''] = accounts;
  const answer = await call(url, 'POST /v1/transfers', {
    body: { from, to, amount: '1050', currency: 'USD' },
  });
  expect(answer.status).toBe(201);
  return { accountId: from, position: String(answer.json['position']) };
}

describe('an application', () => {
  it('answers from the read models what a command just did', async () => {
    const { databaseUrl } = await postgres.createDatabase();
    const app = await start(new InMemoryEventStore(), { DATABASE_URL: databaseUrl });
    try {
      expect(app.away).toEqual({ eventStore: false, postgres: false });
      const { accountId, position } = await post(app.url);
      const balance = await call(app.url, `GET /v1/accounts/${accountId}/balance?atLeast=${position}`);
      expect(balance.json).toMatchObject({ balance: '1050' });
      const { status, json } = await call(app.url, 'GET /readyz');
      expect(status).toBe(200);
      expect(json).toMatchObject({
        status: 'ready',
        eventStore: 'up',
        writes: 'available',
        reads: 'available',
      });
      const projections = json['projections'] as { name: string; state: string; position: string }[];
      expect(projections.map(({ name }) => name)).toEqual([
        'accounts',
        'account_balances',
        'transactions',
        'entries',
        'balance_snapshots',
        'counters',
      ]);
      const { text } = await call(app.url, 'GET /metrics');
      expect(text).toContain('ledger_projection_lag_seconds{projection="account_balances"}');
      expect(text).toMatch(/ledger_transfers_total\{result="accepted",reason="none"\} [1-9]/);
      expect(text).toContain('process_cpu_seconds_total');
    } finally {
      expect(await app.stop()).toBe(true);
    }
  });

  it('does the work of the roles it is given, and no other', async () => {
    const { databaseUrl } = await postgres.createDatabase();
    const app = await start(new InMemoryEventStore(), { DATABASE_URL: databaseUrl, ROLES: 'projector' });
    try {
      expect((await call(app.url, 'GET /readyz')).json).toMatchObject({ status: 'ready', settler: null });
      expect((await call(app.url, 'GET /v1/accounts')).json).toMatchObject({ code: 'route-must-exist' });
    } finally {
      await app.stop();
    }
  });

  it('takes commands while PostgreSQL is away, says that reads are degraded, and recovers by itself', async () => {
    const target = await postgres.createDatabase();
    const relay = new Relay(Number(new URL(target.databaseUrl).port));
    const url = new URL(target.databaseUrl);
    url.port = String(await relay.listen());
    await relay.close();
    const store = new InMemoryEventStore();
    const app = await start(store, { DATABASE_URL: url.href });
    try {
      expect(app.away).toEqual({ eventStore: false, postgres: true });
      const { accountId } = await post(app.url);
      const ready = await call(app.url, 'GET /readyz');
      expect(ready.status).toBe(200);
      expect(ready.json).toMatchObject({ status: 'ready', writes: 'available', reads: 'degraded' });
      const projected = await call(app.url, 'GET /v1/accounts');
      expect(projected.json).toMatchObject({ status: 503, code: 'reads-are-unavailable', retryable: true });
      const strong = await call(app.url, `GET /v1/accounts/${accountId}/balance?consistency=strong`);
      expect(strong.json).toMatchObject({ balance: '1050' });

      await relay.listen(Number(url.port));
      await until(async () => (await call(app.url, 'GET /readyz')).json['reads'] === 'available');
      const listed = await call(app.url, `GET /v1/accounts?atLeast=${await store.headPosition()}`);
      expect(listed.json['data']).toHaveLength(2);
    } finally {
      expect(await app.stop()).toBe(true);
      await relay.close();
    }
  });

  it('refuses a database of a newer version, with a sentence', async () => {
    const fresh = await postgres.createDatabase();
    const app = await start(new InMemoryEventStore(), { DATABASE_URL: fresh.databaseUrl });
    await app.stop();
    await fresh.postgres.query("insert into ledger.schema_migrations values (999, 'future', 'x')");
    await expect(start(new InMemoryEventStore(), { DATABASE_URL: fresh.databaseUrl })).rejects.toThrow(
      /newer \(999\) than this version/,
    );
  });

  it('refuses a port that is taken, with a sentence, and leaves nothing running', async () => {
    const taken = new Relay(0);
    try {
      const port = await taken.listen();
      await expect(
        start(new InMemoryEventStore(), { DATABASE_URL: NOWHERE, PORT: String(port) }),
      ).rejects.toThrow(
        `Port ${port} on 127.0.0.1 is taken: stop what listens there, or set PORT to another port.`,
      );
    } finally {
      await taken.close();
    }
  });

  it('refuses a data directory that can not be written, with a sentence', async () => {
    await expect(start(new InMemoryEventStore(), { DATA_DIRECTORY: '/dev/null/data' })).rejects.toThrow(
      /^The data directory \/dev\/null\/data can't be written \(ENOTDIR\): set DATA_DIRECTORY to a directory of yours\.$/,
    );
  });
});

describe('readiness', () => {
  const readSide = new ReadSide(
    new Postgres({ databaseUrl: NOWHERE, applicationName: 'spec' }),
    new InMemoryEventStore(),
    logger,
    { ...loadConfig({}), roles: [] },
  );
  const probeOf = (store: InMemoryEventStore, state = new ServerState()): AppHealthProbe =>
    new AppHealthProbe(state, { store, readSide, settler: () => null });

  it('is not given while the event store can not be reached', async () => {
    const store = new InMemoryEventStore();
    store.headPosition = () => Promise.reject(new EventStoreUnavailable('gone'));
    expect(await probeOf(store).readiness()).toMatchObject({
      status: 'not-ready',
      eventStore: 'down',
      writes: 'unavailable',
    });
  });

  it('is not given while the event store does not answer, and says so in time', async () => {
    const store = new InMemoryEventStore();
    store.headPosition = () => new Promise(() => undefined);
    expect(await probeOf(store).readiness()).toMatchObject({ status: 'not-ready', eventStore: 'down' });
  });

  it('is not given while the process stops', async () => {
    const state = new ServerState();
    state.isStopping = true;
    expect(await probeOf(new InMemoryEventStore(), state).readiness()).toMatchObject({
      status: 'not-ready',
      eventStore: 'up',
    });
  });

  it('asks once for all who ask together', async () => {
    const store = new InMemoryEventStore();
    let asked = 0;
    store.headPosition = () => {
      asked += 1;
      return Promise.resolve(0n);
    };
    const probe = probeOf(store);
    await Promise.all(Array.from({ length: 20 }, () => probe.readiness()));
    expect(asked).toBe(1);
  });
});

/** A port in front of another one, that can be away. */
class Relay {
  private server: Server | undefined;
  private readonly sockets = new Set<{ destroy(): void }>();

  constructor(private readonly target: number) {}

  async listen(port = 0): Promise<number> {
    const server = createServer((socket) => {
      const upstream = connect(this.target, '127.0.0.1');
      for (const each of [socket, upstream]) {
        this.sockets.add(each);
        each.on('error', () => undefined);
        each.on('close', () => {
          socket.destroy();
          upstream.destroy();
        });
      }
      socket.pipe(upstream).pipe(socket);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve) ?? resolve(undefined));
  }
}
