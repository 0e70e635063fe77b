import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import { assert } from '../../src/kernel/assert.js';
import { Client } from '../../tools/demo/client.js';
import { History } from '../../tools/demo/history.js';
import { LedgerHttp, NoAnswer, problemOf, type Answer as HttpAnswer } from '../../tools/demo/ledger-http.js';
import type { LedgerRequest } from '../../tools/demo/movement.js';
import { SeededRandom } from '../../tools/demo/random.js';
import { freePorts } from '../support/application.js';
import { call } from '../support/http-client.js';
import { LedgerProcess } from '../support/ledger-process.js';
import { until } from '../support/until.js';
import { carry, made } from './carry.js';
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
/** From the answer to a freeze until every process refuses, tried in this order. */
const FREEZE_MS = [0, 25, 50, 100, 200, 400, 800, 1_600];
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
  /** Nobody waits for an answer any more. */
  const over = new AbortController();
  let store: CrashStore | undefined;
  let log: LedgerLog;
  let market: Market;
  const processes: LedgerProcess[] = [];
  let https: LedgerHttp[] = [];
  /** Summed over all processes, also the one that died. */
  const counted = { conflicts: 0, posted: 0 };
  /** How long after a freeze every process refused; null when none of the times was long enough. */
  let frozenMs: number | null = null;

  const trade = async (id: number): Promise<void> => {
    const random = new SeededRandom(`${seed}-${id}`);
    const client = new Client(id, new Route(https, id % PROCESSES), history, over.signal);
    const other = new Client(id, new Route(https, (id + 1) % PROCESSES), history, over.signal);
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
   * Freezes an account that every process has in memory, and pays it through each of them some time later: one payment
   * each, because the second would learn of the freeze from the first.
   *
   * @returns whether all of them refused
   */
  const isFrozenAfter = async (afterMs: number, by: LedgerProcess): Promise<boolean> => {
    const open = async (): Promise<string> => {
      const body = { name: 'Frozen', type: 'liability', currency: 'USD' };
      return String((await made(by.url, 'POST /v1/accounts', body))['accountId']);
    };
    const [from, to] = [await open(), await open()];
    const payment = (): [route: string, body: object, key: string] => {
      const key = `frozen-${sent.size}`;
      sent.set(key, { key, from, to, amount: 1n });
      return ['POST /v1/transfers', { from, to, amount: '1', currency: 'USD' }, key];
    };
    for (const { url } of processes) await made(url, ...payment());
    expect((await carry(by.url, `POST /v1/accounts/${to}/freeze`, {})).status).toBe(200);
    await sleep(afterMs);
    const answers = await Promise.all(
      processes.map(({ url }) => {
        const [route, body, key] = payment();
        return call(url, route, { body, key });
      }),
    );
    return answers.every(({ json }) => json['code'] === 'account-must-not-be-frozen');
  };

  beforeAll(async () => {
    setMaxListeners(0, over.signal);
    const { url: eventStoreUrl, events } = (store = await startCrashStore());
    log = new LedgerLog(events);
    const ports = await freePorts(PROCESSES);
    const start = (port: number) => LedgerProcess.start({ eventStoreUrl, roles: ROLES, port });
    for (const port of ports) processes.push(await start(port));
    https = processes.map(({ url }) => new LedgerHttp(url, CLIENTS));
    const [first, , last] = processes;
    const [, , lastPort] = ports;
    assert(first && last && lastPort, 'There are three processes.');
    market = await Market.open(first.url, HOT_FUNDS);
    const progress = (): string => `Only ${answered} transfers were answered.`;
    const disturbed = async (): Promise<void> => {
      await until(() => answered >= KILLED_AFTER, progress, ANSWERED_MS_MAX);
      await count(last);
      await last.kill();
      processes[2] = await start(lastPort);
      await until(() => answered >= FROZEN_AFTER, progress, ANSWERED_MS_MAX);
      for (const afterMs of FREEZE_MS) {
        if (!(await isFrozenAfter(afterMs, first))) continue;
        frozenMs = afterMs;
        break;
      }
    };
    await Promise.all([disturbed(), ...Array.from({ length: CLIENTS }, (_, id) => trade(id))]);
    await Promise.all(processes.map(count));
    await log.rest(AT_REST_MS_MAX);
  }, LOADED_MS_MAX);

  afterAll(async () => {
    over.abort();
    await Promise.all(https.map((http) => http.close()));
    await Promise.all(processes.map((process) => process.kill()));
    await store?.dispose();
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
    stdout.write(`A freeze was known everywhere after ${frozenMs} ms.\n`);
    expect(FREEZE_MS).toContain(frozenMs);
  });
});

function metric(text: string, name: string): number {
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  assert(value, `${name} is a metric.`);
  return Number(value);
}
