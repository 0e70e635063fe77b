import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/embedded-postgres.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';

const silent = { info: () => undefined, warn: () => undefined };

/** A PostgreSQL of a spec's own, in a temporary directory. */
export interface TestPostgres {
  /** A fresh, empty database on it, and a pool for that; pools are closed by `stop`. */
  createDatabase(): Promise<{ readonly postgres: Postgres; readonly databaseUrl: string }>;
  stop(): Promise<void>;
}

/** Starts one for a spec file; `stop` it in `afterAll`. About a second. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const parent = await mkdtemp(path.join(tmpdir(), 'evenkeel-test-'));
  const server = await startEmbeddedPostgres({
    dataDirectory: path.join(parent, 'postgres'),
    port: 0,
    log: silent,
  });
  const root = new Postgres({ databaseUrl: server.databaseUrl, applicationName: 'spec' });
  const pools: Postgres[] = [root];
  return {
    async createDatabase() {
      const name = `spec_${randomUUID().replaceAll('-', '')}`;
      await root.query(`create database ${name} template template0`);
      const url = new URL(server.databaseUrl);
      url.pathname = `/${name}`;
      const postgres = new Postgres({ databaseUrl: url.href, applicationName: 'spec' });
      pools.push(postgres);
      return { postgres, databaseUrl: url.href };
    },
    async stop() {
      await Promise.all(pools.map((pool) => pool.close()));
      await server.stop();
      await rm(parent, { recursive: true, force: true });
    },
  };
}
