import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { toLedgerEvent, type RecordedLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import type { Postgres } from '../../src/edges/postgres/postgres.js';
import { assert } from '../../src/kernel/assert.js';
import { toInstant } from '../../src/kernel/clock.js';
import { balanceOf } from '../../src/kernel/money.js';
import { InMemoryEventStore } from '../../test/support/in-memory-event-store.js';
import { LedgerHistory, type HistoryAccount } from '../../test/support/ledger-history.js';
import { startTestPostgres, type TestPostgres } from '../../test/support/postgres.js';
import { MIGRATIONS } from '../index.js';
import { digestTables } from '../runtime/digest.js';
import type { Cursor } from '../runtime/list.js';
import { LEDGER_SCHEMA } from '../runtime/projection.js';
import { balanceSnapshots } from './balance-snapshots.project.js';
import { readBalancesAt, type AsOf } from './balances-at.js';
import { readExplanation } from './explain.query.js';
import { nodesCompletedBy, SNAPSHOT_SHAPE, type SnapshotShape } from './snapshot-shape.js';

/** Runs of four entries, gathered in twos: a few dozen entries reach every level. */
const SMALL: SnapshotShape = { chunkBits: 2, fanBits: 1, levels: 3 };
const BASE_MS = Date.UTC(2026, 1, 28, 23, 59, 55);

interface Posted {
  readonly amount: bigint;
  readonly from: 0 | 1 | 2;
  readonly to: 0 | 1 | 2;
  readonly effectiveMs: number;
  readonly recordedMs: number;
}

/** Times a few seconds apart, whole and broken ones, so that bounds fall on, beside and between entries. */
const timeMs = fc.integer({ min: 0, max: 40 }).map((quarters) => BASE_MS + quarters * 250);
const posted: fc.Arbitrary<Posted> = fc.record({
  amount: fc.bigInt({ min: 1n, max: 10n ** 20n }),
  from: fc.constantFrom(0, 1, 2),
  to: fc.constantFrom(0, 1, 2),
  effectiveMs: timeMs,
  recordedMs: timeMs,
});
const asOf = fc.record({
  effectiveMs: fc.option(timeMs),
  knownMs: fc.option(timeMs),
});

describe('balances at two times', () => {
  let server: TestPostgres;

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  const freshDatabase = async (): Promise<Postgres> => {
    const { postgres } = await server.createDatabase();
    await migrate(postgres, MIGRATIONS);
    return postgres;
  };

  /** Applies events in batches of the given sizes, over and over, each in a transaction as the runner would. */
  const apply = async (
    postgres: Postgres,
    events: readonly RecordedLedgerEvent[],
    sizes: readonly number[],
  ): Promise<void> => {
    const projection = balanceSnapshots(SMALL);
    const session = await postgres.openSession(10_000);
    try {
      await session.query(`set search_path = ${LEDGER_SCHEMA}`);
      const handled = events.filter(({ type }) => projection.handles.includes(type));
      for (let start = 0, turn = 0; start < handled.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        await session.transaction((sql) => projection.apply(sql, handled.slice(start, start + size)));
        start += size;
      }
      await session.query(
        `insert into projection_checkpoints (name, store_id, position) values ('balance_snapshots', 'spec', ${2n ** 62n})
         on conflict do nothing`,
      );
    } finally {
      await session.close();
    }
  };

  const writeHistory = async (
    transactions: readonly Posted[],
  ): Promise<{ readonly accounts: readonly HistoryAccount[]; readonly events: RecordedLedgerEvent[] }> => {
    const store = new InMemoryEventStore();
    const history = new LedgerHistory(store);
    const accounts = [
      await history.open(),
      await history.open({ type: 'liability' }),
      await history.open({ type: 'income' }),
    ];
    const at = (index: number): HistoryAccount => {
      const account = accounts[index];
      assert(account, `Account ${index} was opened.`);
      return account;
    };
    for (const { amount, from, to, effectiveMs, recordedMs } of transactions) {
      await history.post(
        [
          { account: at(from), direction: 'credit', amount },
          { account: at(to), direction: 'debit', amount },
        ],
        { effectiveAt: toInstant(effectiveMs), recordedAt: toInstant(recordedMs) },
      );
    }
    return { accounts, events: store.log.map(toLedgerEvent) };
  };

  /** The definition: every entry, one by one. */
  const fold = (
    account: HistoryAccount,
    index: number,
    transactions: readonly Posted[],
    { effectiveMs, knownMs }: { readonly effectiveMs: number | null; readonly knownMs: number | null },
  ): readonly [string, bigint, bigint] => {
    let [debits, credits, entries] = [0n, 0n, 0n];
    for (const each of transactions) {
      if (effectiveMs !== null && each.effectiveMs >= effectiveMs) continue;
      if (knownMs !== null && each.recordedMs >= knownMs) continue;
      if (each.to === index) [debits, entries] = [debits + each.amount, entries + 1n];
      if (each.from === index) [credits, entries] = [credits + each.amount, entries + 1n];
    }
    return [account.accountId, balanceOf(account.type, debits, credits), entries];
  };

  const toAsOf = (at: { readonly effectiveMs: number | null; readonly knownMs: number | null }): AsOf => ({
    effectiveAt: at.effectiveMs === null ? null : toInstant(at.effectiveMs),
    knownAt: at.knownMs === null ? null : toInstant(at.knownMs),
  });

  it('equals a naive fold, for any history, any two times and any cut of the batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(posted, { minLength: 0, maxLength: 70 }),
        fc.array(asOf, { minLength: 8, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        async (transactions, times, sizes) => {
          const postgres = await freshDatabase();
          const { accounts, events } = await writeHistory(transactions);
          await apply(postgres, events, sizes);
          const ids = accounts.map(({ accountId }) => accountId);
          for (const at of times) {
            const { balances } = await readBalancesAt(postgres, SMALL, 'default', ids, toAsOf(at));
            const found = new Map(balances.map((each) => [each.accountId, each]));
            expect(ids.map((id) => [id, found.get(id)?.balance, found.get(id)?.entries])).toEqual(
              accounts.map((account, index) => fold(account, index, transactions, at)),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  it('explains a change by exactly the entries that became known in between, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(posted, { minLength: 1, maxLength: 60 }),
        fc.array(fc.tuple(timeMs, timeMs, fc.option(timeMs)), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        async (transactions, questions, pageSize) => {
          const postgres = await freshDatabase();
          const { accounts, events } = await writeHistory(transactions);
          await apply(postgres, events, [9]);
          const [account] = accounts;
          assert(account, 'An account was opened.');
          for (const [effectiveMs, one, other] of questions) {
            const [fromMs, toMs] = [
              Math.min(one, other ?? one),
              other === null ? null : Math.max(one, other),
            ];
            const scope = {
              accountId: account.accountId,
              effectiveAt: toInstant(effectiveMs),
              from: toInstant(fromMs),
              to: toMs === null ? null : toInstant(toMs),
            };
            const found: bigint[] = [];
            let [before, after] = [0n, 0n];
            for (let cursor: Cursor | null | undefined; cursor !== null;) {
              const page = { cursor: cursor ?? null, pageSize, atLeast: null };
              const explained = await readExplanation(postgres, SMALL, 'default', scope, page);
              assert(explained, 'The account is there.');
              found.push(...explained.page.rows.map(({ change }) => change));
              ({ before, after } = explained);
              cursor = explained.page.next;
            }
            const moved = transactions.flatMap((each) => {
              const counts =
                each.effectiveMs < effectiveMs &&
                each.recordedMs >= fromMs &&
                (toMs === null || each.recordedMs < toMs);
              return counts
                ? [...(each.from === 0 ? [-each.amount] : []), ...(each.to === 0 ? [each.amount] : [])]
                : [];
            });
            expect(found).toEqual(moved);
            expect(before).toBe(fold(account, 0, transactions, { effectiveMs, knownMs: fromMs })[1]);
            expect(after).toBe(fold(account, 0, transactions, { effectiveMs, knownMs: toMs })[1]);
            expect(after - before).toBe(moved.reduce((sum, change) => sum + change, 0n));
          }
        },
      ),
      { numRuns: 15 },
    );
  }, 120_000);

  it('fills the same tables wherever batches are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(posted, { minLength: 20, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        async (transactions, sizes) => {
          const { events } = await writeHistory(transactions);
          const [one, other] = [await freshDatabase(), await freshDatabase()];
          await apply(one, events, [1]);
          await apply(other, events, sizes);
          const projection = balanceSnapshots(SMALL);
          expect(await digestTables(other, projection, LEDGER_SCHEMA)).toEqual(
            await digestTables(one, projection, LEDGER_SCHEMA),
          );
        },
      ),
      { numRuns: 5 },
    );
  }, 60_000);

  it('shows no account of another company', async () => {
    const postgres = await freshDatabase();
    const { accounts, events } = await writeHistory([]);
    await apply(postgres, events, [10]);
    const ids = [...accounts.map(({ accountId }) => accountId), randomUUID()];
    const now: AsOf = { effectiveAt: null, knownAt: null };
    expect((await readBalancesAt(postgres, SMALL, 'other', ids, now)).balances).toEqual([]);
    expect((await readBalancesAt(postgres, SMALL, 'default', ids, now)).balances).toHaveLength(3);
  });
});

describe('the nodes of a snapshot', () => {
  it('are complete when their last part is', () => {
    expect(nodesCompletedBy(0n, SMALL)).toEqual([{ level: 1, node: 0n }]);
    expect(nodesCompletedBy(1n, SMALL).map(({ level }) => level)).toEqual([1, 2]);
    expect(nodesCompletedBy(7n, SMALL)).toEqual([
      { level: 1, node: 7n },
      { level: 2, node: 3n },
      { level: 3, node: 1n },
    ]);
    expect(nodesCompletedBy(255n, SNAPSHOT_SHAPE)).toEqual([
      { level: 1, node: 255n },
      { level: 2, node: 15n },
      { level: 3, node: 0n },
    ]);
  });
});
