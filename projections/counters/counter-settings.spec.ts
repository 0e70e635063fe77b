import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordClick } from '../../test/support/counted-activities.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { loadConfig } from '../../src/config/config.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { MIGRATIONS, projectionsOf } from '../index.js';
import { digestTables } from '../runtime/digest.js';
import { LEDGER_SCHEMA, type Projection } from '../runtime/projection.js';
import { ProjectionRunner } from '../runtime/projection-runner.js';
import { rebuildAll } from '../runtime/rebuild/rebuild-all.js';
import type { RebuildResult } from '../runtime/rebuild/rebuild.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MINUTE_MS = 60_000;

/** The counters as an environment wants them. */
function countersIn(env: Readonly<Record<string, string>>): Projection {
  const found = projectionsOf(loadConfig(env)).find(({ name }) => name === 'counters');
  if (found === undefined) throw new Error('There are no counters.');
  return found;
}

const DEFAULT = countersIn({});
/** Nothing may be late by more than a minute. */
const STRICT = countersIn({ ACTIVITY_DEDUP_HORIZON_SECONDS: '180', ACTIVITY_LATENESS_SECONDS: '60' });

describe('the settings of counters', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let store: InMemoryEventStore;
  const runners: ProjectionRunner[] = [];

  const run = (projection: Projection, on = postgres): ProjectionRunner => {
    const runner = new ProjectionRunner([projection], { store, postgres: on, log });
    runners.push(runner);
    runner.start();
    return runner;
  };
  const status = (runner: ProjectionRunner) => {
    const [only] = runner.status();
    return { state: only?.state, reason: only?.reason };
  };
  const stopAll = () => Promise.all(runners.splice(0).map((runner) => runner.stop()));
  const caughtUp = async (runner: ProjectionRunner): Promise<void> => {
    const outcome = await runner.waitFor('counters', await store.headPosition(), 5_000);
    expect({ outcome, reason: status(runner).reason }).toEqual({ outcome: 'reached', reason: null });
  };
  const stopped = (runner: ProjectionRunner) =>
    until(
      () => Promise.resolve(status(runner).state === 'stopped'),
      () => JSON.stringify(status(runner)),
    );
  const rebuild = async (projection: Projection): Promise<RebuildResult | undefined> => {
    const results: RebuildResult[] = [];
    await rebuildAll(
      [projection],
      { store, postgres },
      () => undefined,
      (each) => results.push(each),
    );
    return results[0];
  };
  const digests = (on = postgres) => digestTables(on, DEFAULT, LEDGER_SCHEMA);
  const totals = async () => {
    const { rows } = await postgres.query('select counted, duplicates, late from ledger.counter_totals');
    return rows;
  };
  /** One that is late by two minutes, one that is in time, and the second once more. */
  const click = async (name: string): Promise<void> => {
    await recordClick(store, `${name}-late`, Date.now() - 2 * MINUTE_MS);
    await recordClick(store, `${name}-now`);
    await recordClick(store, `${name}-now`);
  };

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new InMemoryEventStore();
  });
  afterEach(stopAll);
  afterAll(() => server.stop());

  it('are what the rows go by', async () => {
    await click('a');
    await caughtUp(run(DEFAULT));
    expect(await totals()).toEqual([{ counted: 2n, duplicates: 1n, late: 0n }]);
    const { postgres: other } = await server.createDatabase();
    await migrate(other, MIGRATIONS);
    await caughtUp(run(STRICT, other));
    const { rows } = await other.query('select counted, duplicates, late from ledger.counter_totals');
    expect(rows).toEqual([{ counted: 1n, duplicates: 1n, late: 1n }]);
  });

  it('stop the projection when they change, with its rows untouched and a way out', async () => {
    await click('a');
    await caughtUp(run(DEFAULT));
    await stopAll();
    const before = await digests();
    await click('b');
    const changed = run(STRICT);
    await stopped(changed);
    expect(status(changed).reason).toBe(
      'The rows of projection counters were made with ACTIVITY_DEDUP_HORIZON_SECONDS=172800 ACTIVITY_LATENESS_SECONDS=86400, but this process has ACTIVITY_DEDUP_HORIZON_SECONDS=180 ACTIVITY_LATENESS_SECONDS=60: run `npm run rebuild -- counters` to make them anew with the settings of its environment, or start with the former ones.',
    );
    expect(await digests()).toEqual(before);
    await stopAll();
    await caughtUp(run(DEFAULT));
    expect(await totals()).toEqual([{ counted: 4n, duplicates: 2n, late: 0n }]);
  });

  it('take effect by a rebuild, after which the stopped projection goes on: as if they had never been others', async () => {
    await click('a');
    await caughtUp(run(DEFAULT));
    await stopAll();
    const changed = run(STRICT);
    await stopped(changed);
    expect((await rebuild(STRICT))?.incomparable).toMatch(/^The rows of projection counters were made with/);
    await click('b');
    await until(
      () => Promise.resolve(status(changed).state === 'live'),
      () => JSON.stringify(status(changed)),
    );
    await caughtUp(changed);
    expect(await totals()).toEqual([{ counted: 2n, duplicates: 2n, late: 2n }]);

    const { postgres: fresh } = await server.createDatabase();
    await migrate(fresh, MIGRATIONS);
    await caughtUp(run(STRICT, fresh));
    expect(await digests()).toEqual(await digests(fresh));
  });

  it('stop a running projection whose rows are made anew with other ones beneath it', async () => {
    await click('a');
    const running = run(DEFAULT);
    await caughtUp(running);
    await rebuild(STRICT);
    const made = await digests();
    await click('b');
    await stopped(running);
    expect(await digests()).toEqual(made);
  });

  it('were constants before they were settings: rows of that time go on with the defaults', async () => {
    await click('a');
    const { postgres: older } = await server.createDatabase();
    const index = MIGRATIONS.findIndex(({ name }) => name === 'settings of read models');
    await migrate(older, MIGRATIONS.slice(0, index));
    await older.query(
      `insert into ledger.projection_checkpoints (name, store_id, position) values ('counters', $1, 0), ('entries', $1, 0)`,
      [await store.storeId()],
    );
    await migrate(older, MIGRATIONS);
    await caughtUp(run(DEFAULT, older));
    const { rows } = await older.query(`select settings from ledger.projection_checkpoints order by name`);
    expect(rows).toEqual([{ settings: DEFAULT.settings }, { settings: null }]);
  });
});
