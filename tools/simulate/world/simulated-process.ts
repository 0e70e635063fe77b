import type { Clock } from '../../../src/kernel/clock.js';
import type { IdSource } from '../../../src/kernel/ids.js';
import { AccountAdministration } from '../../../src/write/accounts/administration.js';
import { AccountWatch } from '../../../src/write/accounts/account-watch.js';
import { AccountExecutors } from '../../../src/write/accounts/executors.js';
import { TooBusy, TryAgain, type CommandOutcome } from '../../../src/write/command.js';
import { NO_METRICS, type WriteMetrics } from '../../../src/write/metrics.js';
import type { Patience } from '../../../src/write/patience.js';
import { Posting } from '../../../src/write/posting/posting.js';
import { HoldExpiry } from '../../../src/write/posting/recovery/expire-holds.js';
import { Recovery } from '../../../src/write/posting/recovery/recover.js';
import { Settler } from '../../../src/write/posting/recovery/settler.js';
import { Settlement } from '../../../src/write/posting/settle.js';
import { HoldAdministration } from '../../../src/write/transactions/administration.js';
import { TransactionExecutors } from '../../../src/write/transactions/executors.js';
import {
  AppendOutcomeUnknown,
  EventStoreUnavailable,
  type EventStore,
} from '../../../src/edges/event-store/event-store.js';
import type { Order } from '../workload/commands.js';
import { Dispatch } from '../workload/dispatch.js';
import type { Adversary } from './adversary.js';
import type { Chance } from './chance.js';
import { Connection } from './connection.js';
import type { EventLog } from './event-log.js';
import { Life } from './life.js';
import type { Tally } from './tally.js';
import type { VirtualTime } from './virtual-time.js';

/** What a client learns of one command it sent. */
export type Reply =
  | { readonly kind: 'answered'; readonly outcome: CommandOutcome<object> }
  /** Nothing was done. */
  | { readonly kind: 'busy' }
  /** It may have been done, or may yet be. */
  | { readonly kind: 'unknown' };

/** The world a process lives in. */
export interface World {
  readonly log: EventLog;
  readonly time: VirtualTime;
  readonly adversary: Adversary;
  readonly tally: Tally;
  /** The world's clock, which no process knows exactly; epoch milliseconds. */
  readonly nowMs: () => number;
  /** Told when the code under test breaks its own word. */
  readonly onFault: (what: string) => void;
}

/** The parts a planted bug may put another in place of. */
export interface Parts {
  readonly connection: (...args: ConstructorParameters<typeof Connection>) => EventStore;
  readonly accounts: (...args: ConstructorParameters<typeof AccountExecutors>) => AccountExecutors;
  readonly transactions: (
    ...args: ConstructorParameters<typeof TransactionExecutors>
  ) => TransactionExecutors;
}

/** The parts as they are. */
export const SOUND_PARTS: Parts = {
  connection: (...args) => new Connection(...args),
  accounts: (...args) => new AccountExecutors(...args),
  transactions: (...args) => new TransactionExecutors(...args),
};

/** One process with the API and the settler role: the real write side on a simulated clock, store and fate. */
export class SimulatedProcess {
  readonly life: Life;
  readonly accounts: AccountExecutors;
  private readonly dispatch: Dispatch;
  private readonly watch: AccountWatch;
  private readonly settler: Settler;

  /** @param chance what its ids and its patience draw from */
  constructor(
    private readonly world: World,
    chance: Chance,
    parts: Parts,
  ) {
    const { log, time, adversary, tally } = world;
    this.life = new Life(time);
    const { life } = this;
    const skewMs = adversary.clockSkewMs();
    const clock: Clock = { nowMs: () => world.nowMs() + skewMs };
    const ids: IdSource = { newId: () => chance.uuid() };
    const patience: Patience = {
      elapsedMs: () => time.nowMs,
      after: (ms, call) => life.deliver(ms, call),
      chance: () => chance.fraction(),
    };
    const metrics = metricsOf(tally);
    const store = parts.connection(log, time, adversary, life, tally);
    const accounts = parts.accounts(store, metrics, patience, ids);
    const transactions = parts.transactions(store, metrics, patience, ids);
    const settlement = new Settlement(accounts, transactions, clock, metrics);
    this.accounts = accounts;
    this.dispatch = new Dispatch({
      store,
      accounts,
      clock,
      ids,
      posting: new Posting(store, accounts, transactions, clock, ids, metrics),
      accountAdministration: new AccountAdministration(store, accounts, clock, ids),
      holdAdministration: new HoldAdministration(transactions, settlement, store, clock, ids),
    });
    this.watch = new AccountWatch(store, accounts, () => undefined);
    this.settler = new Settler(
      store,
      new Recovery(store, accounts, transactions, clock, metrics),
      new HoldExpiry(transactions, settlement, clock),
      clock,
      ids,
      metrics,
      (level, message) => {
        if (level === 'error') world.onFault(message);
      },
      patience,
    );
  }

  start(): void {
    this.watch.start();
    this.settler.start();
  }

  /** Transactions the leading settler knows to be owing; 0 for one that stands by. */
  get inFlight(): number {
    return this.settler.status().inFlight;
  }

  /** Sends a command, and tells what its client learns: nothing certain when the process dies, or takes longer than this. */
  call(order: Order, patienceMs: number): Promise<Reply> {
    return this.ask(() => this.dispatch.run(order), patienceMs);
  }

  /** As `call`, for any question: null when it was not answered. */
  async read<Answer>(question: () => Promise<Answer>, patienceMs: number): Promise<Answer | null> {
    let answer: Answer | null = null;
    const reply = await this.ask(async () => {
      answer = await question();
      return READ;
    }, patienceMs);
    return reply.kind === 'answered' ? answer : null;
  }

  private ask(run: () => Promise<CommandOutcome<object>>, patienceMs: number): Promise<Reply> {
    const { life, world } = this;
    return new Promise((resolve) => {
      const giveUp = (): void => resolve({ kind: 'unknown' });
      if (!life.isAlive) {
        // Nobody listens: the connection is refused.
        world.time.after(1, () => resolve({ kind: 'busy' }));
        return;
      }
      const callOff = world.time.after(patienceMs, giveUp);
      life.onCrash(giveUp);
      life.deliver(world.adversary.latencyMs(), () => {
        void run()
          .then((outcome): Reply => ({ kind: 'answered', outcome }))
          .catch((error: unknown) => this.toReply(error))
          .then((reply) => {
            if (!life.isAlive) return;
            callOff();
            resolve(reply);
          });
      });
    });
  }

  private toReply(error: unknown): Reply {
    if (error instanceof TooBusy) return { kind: 'busy' };
    const isExpected =
      error instanceof TryAgain ||
      error instanceof EventStoreUnavailable ||
      error instanceof AppendOutcomeUnknown;
    if (!isExpected) this.world.onFault(error instanceof Error ? error.message : String(error));
    return { kind: 'unknown' };
  }
}

const READ: CommandOutcome<object> = {
  kind: 'accepted',
  body: {},
  position: 0n,
  replayed: false,
  settled: true,
};

function metricsOf(tally: Tally): WriteMetrics {
  const counting = (name: 'conflicts' | 'recovered' | 'fenced' | 'lateEntries') => ({
    inc: (by = 1): void => {
      tally[name] += by;
    },
  });
  return {
    ...NO_METRICS,
    appendConflicts: counting('conflicts'),
    recovered: counting('recovered'),
    fenced: counting('fenced'),
    lateEntries: counting('lateEntries'),
  };
}
