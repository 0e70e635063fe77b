import { limits } from '../../../src/config/limits.js';
import type { History } from '../auditor/history.js';
import type { Chance } from '../world/chance.js';
import type { Reply, SimulatedProcess } from '../world/simulated-process.js';
import type { VirtualTime } from '../world/virtual-time.js';
import type { Order } from './commands.js';
import type { Knowledge } from './knowledge.js';
import type { Outcomes } from './outcomes.js';
import type { Workload } from './workload.js';

/** How long a client waits for an answer, and how often it sends a command again that it got none for. */
const PATIENCE_MS = 15_000;
const SENDS_MAX = 6;

/** What clients share. */
export interface ClientWorld {
  readonly time: VirtualTime;
  readonly workload: Workload;
  readonly knowledge: Knowledge;
  readonly history: History;
  readonly outcomes: Outcomes;
  /** Any process of the moment, alive or not. */
  readonly anyProcess: () => SimulatedProcess;
  readonly headPosition: () => bigint;
  /** False once no more may be sent. */
  readonly maySend: () => boolean;
}

/** One client: sends a command, waits for its answer, sends it again when it learned nothing, thinks, and goes on. */
export class Client {
  constructor(
    private readonly world: ClientWorld,
    private readonly chance: Chance,
    private readonly thinkMs: number,
  ) {}

  async run(): Promise<void> {
    const { time, maySend, workload } = this.world;
    while (maySend()) {
      await time.pause(this.chance.fraction() * 2 * this.thinkMs);
      if (!maySend()) return;
      if (this.chance.happens(60)) await this.read();
      else {
        const { waitMs, toOrder } = workload.next();
        await time.pause(waitMs);
        await this.carryOut(toOrder());
      }
    }
  }

  /** Sends an order until something is known of it, or patience ends. Sometimes two at once, as a double click does. */
  async carryOut(order: Order): Promise<void> {
    const { time, maySend } = this.world;
    const firstSentMs = time.nowMs;
    for (let sends = 0; sends < SENDS_MAX; sends += 1) {
      const replies = this.chance.happens(60)
        ? await Promise.all([this.send(order), this.send(order)])
        : [await this.send(order)];
      if (replies.some(({ kind }) => kind === 'answered') || this.chance.happens(150)) return;
      // A retry just when recovery takes the first attempt up meets it half done.
      const untilRecoveryMs = firstSentMs + limits.recoveryAfterMs - time.nowMs;
      const isRace = untilRecoveryMs > 0 && this.chance.happens(300);
      await time.pause(
        isRace ? untilRecoveryMs + this.chance.integer(0, 1_500) : this.chance.integer(20, 4_000),
      );
      if (!maySend()) return;
    }
  }

  /** Sends an order once. */
  async send(order: Order): Promise<Reply> {
    const { history, knowledge, outcomes, anyProcess } = this.world;
    outcomes.begun += 1;
    knowledge.sent(order);
    const invocation = history.invoke(order);
    const reply = await anyProcess().call(order, PATIENCE_MS);
    history.complete(invocation, reply);
    outcomes.count(order.command.kind, reply);
    if (reply.kind === 'answered') knowledge.learn(order, reply.outcome);
    return reply;
  }

  private async read(): Promise<void> {
    const { knowledge, anyProcess, history, headPosition, outcomes } = this.world;
    const { accountId } = this.chance.pickHot(knowledge.accounts);
    const sentAt = headPosition();
    const process = anyProcess();
    outcomes.begun += 1;
    const read = await process.read(() => process.accounts.read(accountId, { current: true }), PATIENCE_MS);
    outcomes.countRead(read !== null);
    if (!read) return;
    knowledge.saw(accountId, read.revision);
    history.read(accountId, sentAt, { ...read.state, revision: read.revision });
  }
}
