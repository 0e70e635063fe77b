import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventMetadata } from '../../src/edges/event-store/event-store.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/until.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { entriesProjection } from '../entries/entries.project.js';
import { MIGRATIONS } from '../index.js';
import { requestRetry } from './control.js';
import { inspectProjection } from './inspect.js';
import { ProjectionRunner } from './projection-runner.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const IDENTITY = 'c0000000-0000-4000-8000-000000000000';

/** Every one of them takes itself for the same store. */
class NamedStore extends InMemoryEventStore {
  override storeId(): Promise<string> {
    return Promise.resolve(IDENTITY);
  }
}

describe('a projection that must not go on', () => {
  let server: TestPostgres;
  let postgres: Postgres;
  let store: InMemoryEventStore;
  let history: LedgerHistory;
  let bank: HistoryAccount;
  let customer: HistoryAccount;
  let runner: ProjectionRunner | undefined;

  const run = (from: InMemoryEventStore = store): ProjectionRunner => {
    runner = new ProjectionRunner([entriesProjection], { store: from, postgres, log });
    runner.start();
    return runner;
  };
  const stop = async (): Promise<void> => {
    await runner?.stop();
    runner = undefined;
  };
  const status = () => runner?.status()[0];
  const reach = async (position: bigint): Promise<void> => {
    await until(
      () => status()?.position === position,
      () => `${status()?.state} at ${status()?.position}: ${status()?.reason}`,
    );
  };
  const stoppedBecause = async (from: InMemoryEventStore = store): Promise<string | null | undefined> => {
    run(from);
    await until(() => status()?.state === 'stopped');
    const reason = status()?.reason;
    await stop();
    return reason;
  };
  const project = async (): Promise<void> => {
    run();
    await reach(await store.headPosition());
    await stop();
  };
  const inspect = (from: InMemoryEventStore = store) =>
    inspectProjection(postgres, from, { name: 'entries' }, Date.now());

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  beforeEach(async () => {
    ({ postgres } = await server.createDatabase());
    await migrate(postgres, MIGRATIONS);
    store = new NamedStore();
    history = new LedgerHistory(store);
    bank = await history.open({ type: 'liability' });
    customer = await history.open();
    await history.transfer(bank, customer, 5n);
  });
  afterEach(stop);
  afterAll(() => server.stop());

  it('says so to who looks from outside, goes on when asked to, and skips nothing', async () => {
    await project();
    const before = await store.headPosition();
    await postgres.query(`alter table ledger.entries add constraint small check (amount < 1000)`);
    const { position } = await history.transfer(bank, customer, 1000n);
    run();
    await until(() => status()?.state === 'stopped');
    await until(async () => (await inspect()).state === 'stopped');
    expect(await inspect()).toMatchObject({
      state: 'stopped',
      position: before,
      reason: expect.stringContaining(`can't apply TransactionPosted at position ${position}`) as unknown,
      stoppedAt: { position, type: 'TransactionPosted', revision: 0n },
    });
    // Asked while the reason still stands, it meets the same event again.
    await requestRetry(postgres, 'entries');
    await until(async () => {
      const { rows } = await postgres.query<{ seen: boolean }>(
        "select stopped_at > (now() - interval '5 seconds') as seen from ledger.projection_controls",
      );
      return rows[0]?.seen === true && status()?.state === 'stopped';
    });
    expect(status()?.position).toBe(before);
    await postgres.query('alter table ledger.entries drop constraint small');
    await requestRetry(postgres, 'entries');
    await reach(await store.headPosition());
    await until(() => status()?.state === 'live');
    expect(status()).toMatchObject({ reason: null, stoppedAt: null });
    expect(await inspect()).toMatchObject({ state: 'live', lagMs: 0, reason: null, stoppedAt: null });
    const { rows } = await postgres.query('select count(*)::int as entries from ledger.entries');
    expect(rows).toEqual([{ entries: 4 }]);
  });

  it('is told from one that nobody runs, and one that is behind', async () => {
    expect(await inspect()).toMatchObject({ state: 'not-running', position: null, reason: null });
    expect((await inspect()).lagMs).toBeGreaterThanOrEqual(0);
    await project();
    expect(await inspect()).toMatchObject({ state: 'not-running', lagMs: 0 });
    run();
    await until(async () => (await inspect()).state === 'live');
  });

  it('notices a log that was restored from a backup and has grown past the checkpoint since', async () => {
    await project();
    const restored = new NamedStore();
    const copy = new LedgerHistory(restored);
    for (const event of store.log.slice(0, -3)) restored.log.push(event);
    for (let i = 0; i < 6; i += 1) await copy.open();
    expect(await restored.headPosition()).toBeGreaterThan(await store.headPosition());
    const reason = await stoppedBecause(restored);
    expect(reason).toContain(
      'which this event store does not have there: it was restored from an older backup',
    );
    expect(reason).toContain('npm run rebuild -- entries');
    expect((await inspect(restored)).reason).toBe(reason);
  });

  it('notices it also when the very same request was carried out again at the same place', async () => {
    await project();
    const twin = new NamedStore();
    const again = new LedgerHistory(twin);
    // The same ids at the same positions, recorded later.
    for (const event of store.log) {
      await twin.append(event.streamName, event.revision === 0n ? 'no_stream' : event.revision - 1n, [
        { ...event, data: event.data as object, metadata: event.metadata as EventMetadata },
      ]);
    }
    for (const event of twin.log) Object.assign(event, { recordedAtMs: event.recordedAtMs + 1 });
    await again.open();
    expect(await stoppedBecause(twin)).toContain('which this event store does not have there');
  });

  it.each([
    ['below zero', 'position = -5', 'is corrupt (position -5'],
    ['behind its own newest event', 'event_position = position + 1', 'is corrupt'],
    ['torn', 'event_stream = null', 'which this event store does not have there'],
    ['torn in another place', 'event_revision = null', 'is corrupt'],
    ['of another event', `event_id = '${IDENTITY}'`, 'which this event store does not have there'],
    ['of another store', `store_id = ''`, 'was filled from event store'],
  ])('refuses a checkpoint that is %s, and names the way out', async (_, change, reason) => {
    await project();
    await postgres.query(
      'alter table ledger.projection_checkpoints drop constraint projection_checkpoints_position_check',
    );
    await postgres.query(`update ledger.projection_checkpoints set ${change}`);
    const said = await stoppedBecause();
    expect(said).toContain(reason);
    expect(said).toContain('npm run rebuild -- entries');
  });

  it('accepts a checkpoint of a version that did not remember events, and remembers from then on', async () => {
    await project();
    await postgres.query(
      'update ledger.projection_checkpoints set event_id = null, event_stream = null, event_revision = null, event_position = null',
    );
    run();
    const { position } = await history.transfer(customer, bank, 1n);
    await until(() => (status()?.position ?? 0n) >= position);
    await until(() => status()?.position === store.log.at(-1)?.position);
    const { rows } = await postgres.query('select event_id from ledger.projection_checkpoints');
    expect(rows).toEqual([{ event_id: store.log.at(-1)?.id }]);
  });
});
