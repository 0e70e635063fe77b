import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { stdout } from 'node:process';
import { limits } from '../../src/config/limits.js';
import { assert } from '../../src/kernel/assert.js';
import { Client } from '../../tools/demo/client.js';
import { History } from '../../tools/demo/history.js';
import { LedgerHttp, NoAnswer, problemOf, type Answer as HttpAnswer } from '../../tools/demo/ledger-http.js';
import type { LedgerRequest } from '../../tools/demo/movement.js';
import { SeededRandom } from '../../tools/demo/random.js';
import { freePorts } from '../support/application.js';
import { call, type Answer } from '../support/http-client.js';
import { LedgerProcess } from '../support/ledger-process.js';
import { until } from '../support/until.js';
import { startCrashStore, type CrashStore } from './crash-store.js';
import { judge } from './judge.js';
import { LedgerLog } from './ledger-log.js';
import { Market, type Transfer } from './market.js';

const ROLES = 'api,settler';
const PROCESSES = 3;
const CLIENTS = 200;
const TRANSFERS_EACH = 4;
/** One process dies when this many transfers were answered, and another account is frozen when that many were. */
const KILLED_AFTER = 150;
const FROZEN_AFTER = 400;
/** One transfer in so many is sent to two processes at once, under one key. */
const TWICE_ONE_IN = 20;
/** Half of what is asked of the account that pays all the time. */
const HOT_FUNDS = (BigInt(CLIENTS * TRANSFERS_EACH) / 3n / 2n) * Market.meanAmount;
/**
 * A transfer takes three appends to accounts, and each can make one append of every other process lose its race: more
 * would mean that somebody tries in vain again and again.
 */
const CONFLICTS_PER_TRANSFER_MAX = 3 * (PROCESSES - 1);
/** From the answer to a freeze until every process refuses. */
const FREEZE_MS_MAX = 2_000;
const ANSWERED_MS_MAX = 60_000;
const LOADED_MS_MAX = 240_000;
const AT_REST_MS_MAX = limits.recoveryAfterMs + 5_000;

/** What a client knows of the processes: it goes on to the next one when the one it talks to does not answer. */
class Route {
  constructor(
    private readonly processes: readonly LedgerHttp[],
    private at: number,
  ) {}

  async post(request: LedgerRequest): Promise<HttpAnswer> {
    const process = this.processes[this.at];
    assert(process, 'A route leads to one of the processes.');
    try {
      return await process.post(request);
    } catch (error) {
      if (error instanceof NoAnswer) this.at = (this.at + 1) % this.processes.length;
      throw error;
    }
  }
}

describe('several processes on one store', () => {
  const seed = String(randomInt(1_000_000));
  const history = new History();
  const sent = new Map<string, Transfer>();
  const differing: string[] = [];
  let answered = 0;
  let store: CrashStore;
  let log: LedgerLog;
  let market: Market;
  let processes: LedgerProcess[] = [];
  let https: LedgerHttp[] = [];
  /** Summed over all processes, also the one that died. */
  const counted = { conflicts: 0, posted: 0 };
  let frozenMs: readonly number[] = [];

  const trade = async (id: number): Promise<void> => {
    const random = new SeededRandom(`${seed}-${id}`);
    const unstopped = new AbortController().signal;
    const client = new Client(id, new Route(https, id % PROCESSES), history, unstopped);
    const other = new Client(id, new Route(https, (id + 1) % PROCESSES), history, unstopped);
    for (let done = 0; done < TRANSFERS_EACH; done += 1) {
      const transfer = market.next(random);
      sent.set(transfer.key, transfer);
      const request = market.toRequest(transfer);
      const senders = random.integer(1, TWICE_ONE_IN) === 1 ? [client, other] : [client];
      const carried = await Promise.all(senders.map((sender) => sender.carry(request)));
      const outcomes = new Set(carried.map(({ answer }) => problemOf(answer)?.code ?? answer.text));
      if (outcomes.size > 1) differing.push(transfer.key);
      answered += 1;
    }
  };

  const count = async ({ url }: LedgerProcess): Promise<void> => {
    const { text } = await call(url, 'GET /metrics');
    counted.conflicts += metric(text, 'ledger_append_conflicts_total');
    counted.posted += metric(text, 'ledger_transactions_posted_total');
  };

  /**
   * Freezes an account through one process.
   *
   * @returns how soon each process refuses to pay it, in milliseconds
   */
  const freeze = async (by: LedgerProcess): Promise<readonly number[]> => {
    const open = async (): Promise<string> => {
      const body = { name: 'Frozen', type: 'liability', currency: 'USD' };
      return String((await call(by.url, 'POST /v1/accounts', { body })).json['accountId']);
    };
    const [from, to] = [await open(), await open()];
    const pay = ({ url }: LedgerProcess): Promise<Answer> => {
      const key = `frozen-${sent.size}`;
      sent.set(key, { key, from, to, amount: 1n });
      return call(url, 'POST /v1/transfers', { body: { from, to, amount: '1', currency: 'USD' }, key });
    };
    // From then on every process has it in memory.
    for (const process of processes) expect((await pay(process)).status).toBe(201);
    expect((await call(by.url, `POST /v1/accounts/${to}/freeze`)).status).toBe(200);
    const startedMs = performance.now();
    return Promise.all(
      processes.map(async (process) => {
        await until(async () => (await pay(process)).json['code'] === 'account-must-not-be-frozen');
        return Math.round(performance.now() - startedMs);
      }),
    );
  };

  beforeAll(async () => {
    store = await startCrashStore();
    log = new LedgerLog(store.events);
    const ports = await freePorts(PROCESSES);
    const start = (port: number): Promise<LedgerProcess> =>
      LedgerProcess.start({ eventStoreUrl: store.url, roles: ROLES, port });
    processes = await Promise.all(ports.map(start));
    https = processes.map(({ url }) => new LedgerHttp(url, CLIENTS));
    const [first, , last] = processes;
    const [, , lastPort] = ports;
    assert(first && last && lastPort, 'There are three processes.');
    market = await Market.open(first.url, HOT_FUNDS);
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, id) => trade(id)));
    const progress = (): string => `Only ${answered} transfers were answered.`;
    await until(() => answered >= KILLED_AFTER, progress, ANSWERED_MS_MAX);
    await count(last);
    await last.kill();
    processes = [...processes.slice(0, 2), await start(lastPort)];
    await until(() => answered >= FROZEN_AFTER, progress, ANSWERED_MS_MAX);
    frozenMs = await freeze(first);
    await clients;
    await Promise.all(processes.map(count));
    await log.rest(AT_REST_MS_MAX);
  }, LOADED_MS_MAX);

  afterAll(async () => {
    await Promise.all(https.map((http) => http.close()));
    await Promise.all(processes.map((process) => process.kill()));
    await store.dispose();
  });

  it('keeps every promise to 200 clients while one process dies and comes back', () => {
    expect({ seed, faults: judge(history, sent, market, log) }).toEqual({ seed, faults: [] });
    expect(history.unanswered()).toEqual([]);
  });

  it('gives one answer to one key, whichever process is asked', () => {
    expect(differing).toEqual([]);
  });

  it('contends for hot accounts without trying in vain', () => {
    const perTransfer = counted.conflicts / counted.posted;
    stdout.write(
      `${PROCESSES} processes, ${CLIENTS} clients: ${perTransfer.toFixed(2)} conflicts a transfer.\n`,
    );
    expect(counted.conflicts).toBeGreaterThan(0);
    expect(perTransfer).toBeLessThan(CONFLICTS_PER_TRANSFER_MAX);
  });

  it('refuses everywhere what was frozen through one process', () => {
    stdout.write(`A freeze was known everywhere after ${Math.max(...frozenMs)} ms.\n`);
    expect(frozenMs).toHaveLength(PROCESSES);
    expect(Math.max(...frozenMs)).toBeLessThan(FREEZE_MS_MAX);
  });
});

function metric(text: string, name: string): number {
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  assert(value, `${name} is a metric.`);
  return Number(value);
}
