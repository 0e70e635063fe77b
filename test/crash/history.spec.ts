import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import { Client } from '../../tools/demo/client.js';
import { History } from '../../tools/demo/history.js';
import { jsonOf, LedgerHttp, NoAnswer } from '../../tools/demo/ledger-http.js';
import { SeededRandom } from '../../tools/demo/random.js';
import { freePorts } from '../support/application.js';
import { call } from '../support/http-client.js';
import { LedgerProcess } from '../support/ledger-process.js';
import { until } from '../support/until.js';
import { startCrashStore, type CrashStore } from './crash-store.js';
import { judge } from './judge.js';
import { LedgerLog } from './ledger-log.js';
import { Market, type Transfer } from './market.js';

const ROLES = 'api,settler';
const CLIENTS = 32;
const KILLS = 4;
/** How many transfers a process acknowledges before it is killed, and how much later, drawn anew each time. */
const SERVES_MIN = 30;
const SERVES_MAX = 120;
const KILLED_AFTER_MS_MAX = 30;
const ACKNOWLEDGED_MS_MAX = 60_000;
const LOADED_MS_MAX = 240_000;
const AT_REST_MS_MAX = limits.recoveryAfterMs + 5_000;
/** Acknowledged transfers that are read back over HTTP. */
const READ_BACK = 40;
/** What a client that does not ask again waits before it sends something else. */
const RECKLESS_PAUSE_MS = 200;
/** Less than is asked of the account that pays all the time: some of it is refused. */
const HOT_FUNDS = 1_000n;

describe('what clients saw while the API was killed at random times', () => {
  const seed = String(randomInt(1_000_000));
  const history = new History();
  const sent = new Map<string, Transfer>();
  const acknowledged: string[] = [];
  /** Nobody sends anything new, and nobody waits for an answer any more. */
  const enough = new AbortController();
  const over = new AbortController();
  let store: CrashStore | undefined;
  let log: LedgerLog;
  let market: Market;
  let http: LedgerHttp | undefined;
  let api: LedgerProcess | undefined;

  /** Sends one transfer after another until told to stop. Every second client never asks again what came of one. */
  const trade = async (id: number, by: LedgerHttp): Promise<void> => {
    const random = new SeededRandom(`${seed}-${id}`);
    const client = new Client(id, by, history, over.signal);
    while (!enough.signal.aborted) {
      const transfer = market.next(random);
      sent.set(transfer.key, transfer);
      const request = market.toRequest(transfer);
      const answer = id % 2 === 0 ? (await client.carry(request)).answer : await client.send(request);
      if (answer instanceof NoAnswer) await sleep(RECKLESS_PAUSE_MS);
      else if (answer.status === 201) acknowledged.push(String(jsonOf(answer)['transactionId']));
    }
  };

  beforeAll(async () => {
    setMaxListeners(0, over.signal);
    const { url: eventStoreUrl, events } = (store = await startCrashStore());
    log = new LedgerLog(events);
    const [port = 0] = await freePorts(1);
    const start = () => LedgerProcess.start({ eventStoreUrl, roles: ROLES, port });
    api = await start();
    market = await Market.open(api.url, HOT_FUNDS);
    const by = (http = new LedgerHttp(api.url, CLIENTS));
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, id) => trade(id, by)));
    const random = new SeededRandom(seed);
    const killed = async (): Promise<void> => {
      for (let kills = 0; kills < KILLS; kills += 1) {
        const mark = acknowledged.length + random.integer(SERVES_MIN, SERVES_MAX);
        await until(
          () => acknowledged.length >= mark,
          () => `Only ${acknowledged.length} transfers were acknowledged.`,
          ACKNOWLEDGED_MS_MAX,
        );
        await sleep(random.integer(0, KILLED_AFTER_MS_MAX));
        await api?.kill();
        api = await start();
      }
      enough.abort();
    };
    await Promise.all([clients, killed()]);
    await log.rest(AT_REST_MS_MAX);
  }, LOADED_MS_MAX);

  afterAll(async () => {
    enough.abort();
    over.abort();
    await http?.close();
    await api?.kill();
    await store?.dispose();
  });

  it('agrees with the log: ok is there, fail is not, unknown is either; nothing is torn, lost or doubled', () => {
    expect({ seed, faults: judge(history, sent, market, log) }).toEqual({ seed, faults: [] });
  });

  it('was put to the test: there were answers of every sort, and some that got lost stand in the log', () => {
    const seen = new Set(history.lines.map(({ what }) => what));
    expect(seen).toEqual(new Set(['invoke', 'ok', 'fail', 'unknown']));
    const happened = history.unanswered().filter((key) => log.byKey.has(key));
    expect(happened).not.toEqual([]);
    expect(happened.length).toBeLessThan(history.unanswered().length);
  });

  it('is what reading shows', async () => {
    for (const id of acknowledged.slice(-READ_BACK)) {
      const { status } = await call(api?.url ?? '', `GET /v1/transactions/${id}`);
      expect([id, status]).toEqual([id, 200]);
    }
  });
});
