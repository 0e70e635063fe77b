import { Client, describeAnswer } from './client.js';
import { jsonOf, type LedgerHttp } from './ledger-http.js';
import type { History } from './history.js';
import type { Order, Plan } from './marketplace.js';
import type { AccountIds, LedgerRequest, PlannedAccount } from './movement.js';
import { repeatOnce, trade, type Desk } from './trader.js';
import { toRequest } from './movement.js';

export const CLIENTS = 64;

/** Orders of the days before the crash that are sent again after it. */
const REPEATED_AFTER_CRASH_MAX = 200;
/** The day with the crash: there is work before and after it. */
const CRASH_DAY = 2;

/** What the load took. */
export interface LoadReport {
  /** Time in which the clients traded, the outage left out. */
  readonly tradingMs: number;
  /** From the kill until the ledger was ready again. */
  readonly outageMs: number;
}

export interface LoadParts {
  readonly plan: Plan;
  readonly clients: readonly Client[];
  readonly desk: Desk;
  /** Ends the API process without warning and starts it again; gives the time until it was ready. */
  readonly crash: () => Promise<number>;
  /** Told after each order. */
  readonly onOrder: () => void;
}

/** The clients, all on one set of kept connections. */
export function makeClients(http: LedgerHttp, history: History, signal: AbortSignal): Client[] {
  return Array.from({ length: CLIENTS }, (_, id) => new Client(id, http, history, signal));
}

/**
 * Opens the accounts of a plan.
 *
 * @returns label -> account id
 * @throws Error naming the first account that could not be opened
 */
export async function openAccounts(
  clients: readonly Client[],
  accounts: readonly PlannedAccount[],
  keyPrefix: string,
): Promise<AccountIds> {
  const ids = new Map<string, string>();
  await share(clients, accounts, async (client, account) => {
    // A label may hold a colon, a key may not.
    const key = `${keyPrefix}${account.label.replaceAll(':', '.')}`;
    const { answer } = await client.carry(toOpening(account, key));
    const { accountId } = jsonOf(answer);
    if (answer.status !== 201 || typeof accountId !== 'string') {
      throw new Error(
        `Account ${account.label} could not be opened: ${describeAnswer(answer)} ${answer.text}`,
      );
    }
    ids.set(account.label, accountId);
  });
  return ids;
}

function toOpening({ label, type, currency, overdraftLimit }: PlannedAccount, key: string): LedgerRequest {
  return { path: '/v1/accounts', key, body: { name: label, type, currency, overdraftLimit } };
}

/**
 * Trades day after day: the orders of a day are taken by whichever client is free. On one day, when half of the orders are
 * done, the API process is killed; afterwards orders from before the crash are sent again.
 *
 * @throws NeverAnswered, SystemFailure
 */
export async function runLoad({ plan, clients, desk, crash, onOrder }: LoadParts): Promise<LoadReport> {
  let tradingMs = 0;
  let outageMs = 0;
  for (const [day, orders] of plan.days.entries()) {
    const startedMs = performance.now();
    const crashAt = day === Math.min(CRASH_DAY, plan.days.length - 1) ? Math.floor(orders.length / 2) : -1;
    let done = 0;
    let crashing: Promise<number> | undefined;
    await share(clients, orders, async (client, order) => {
      await trade(client, order, desk);
      done += 1;
      onOrder();
      if (done >= crashAt && crashAt >= 0) crashing ??= crash();
    });
    outageMs += (await crashing) ?? 0;
    tradingMs += performance.now() - startedMs;
    if (crashing !== undefined) await repeatOldOrders(plan.days.slice(0, day).flat(), clients, desk);
  }
  return { tradingMs: tradingMs - outageMs, outageMs };
}

/** The process that answered these is gone: the answers must come from the log, and be the same. */
async function repeatOldOrders(
  orders: readonly Order[],
  clients: readonly Client[],
  desk: Desk,
): Promise<void> {
  const step = Math.max(1, Math.ceil(orders.length / REPEATED_AFTER_CRASH_MAX));
  const some = orders.filter((_, index) => index % step === 0);
  await share(clients, some, async (client, { movement }) => {
    const first = desk.answers.get(movement.key);
    if (first !== undefined) {
      await repeatOnce(client, toRequest(movement, desk.ids), movement, first, desk);
    }
  });
}

/** Hands work out to whichever client is free, in order. The first failure ends it once the others are done. */
export async function share<Work>(
  clients: readonly Client[],
  work: readonly Work[],
  run: (client: Client, item: Work) => Promise<void>,
): Promise<void> {
  const items = work.values();
  let isFailed = false;
  const ends = await Promise.allSettled(
    clients.map(async (client) => {
      for (const item of items) {
        if (isFailed) return;
        try {
          await run(client, item);
        } catch (error) {
          isFailed = true;
          throw error;
        }
      }
    }),
  );
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
}
