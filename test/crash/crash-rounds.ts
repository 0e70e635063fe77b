import { POINTS, reportLine } from '../../tools/failpoints/armament.js';
import { call, type Answer } from '../support/http-client.js';
import { LedgerProcess } from '../support/ledger-process.js';
import {
  arm,
  Books,
  KINDS,
  passes,
  prepare,
  send,
  sendAgain,
  type Crash,
  type CrashCommand,
  type Funds,
  type Kind,
} from './crash-commands.js';
import type { CrashStore } from './crash-store.js';
import { LedgerLog, type Standing } from './ledger-log.js';

/** A process dies this long after its commands were sent, or one of them never came to its point. */
const DEATH_MS_MAX = 45_000;
const ROLES = 'api,settler';

/** One death, at every point at once. */
export interface Round {
  readonly name: string;
  readonly funds: Funds;
  /** Which of its appends each command stops at. */
  readonly nth: number;
}

/** A command that met its crash. */
export interface Crashed extends CrashCommand {
  /** What it was answered before the death: null but where the answer was sent. */
  readonly before: Answer | null;
  /** What its key was answered afterwards, in order. */
  readonly after: Answer[];
  /** What the log showed between the death and the next start. */
  readonly stood: Standing;
}

/** How a process ended that was armed. */
export interface Death {
  readonly signal: NodeJS.Signals | null;
  readonly diedArmed: boolean;
}

/** One ledger whose only process dies again and again, on one store that lives. */
export class CrashRounds {
  readonly books = new Books();
  readonly log: LedgerLog;
  readonly deaths: Death[] = [];
  private process: LedgerProcess | undefined;

  constructor(private readonly store: CrashStore) {
    this.log = new LedgerLog(store.events);
  }

  /** Starts the process, armed for a round or not at all. */
  async start(round: Round | null): Promise<LedgerProcess> {
    const armed = round ? crashesOf(round).map((crash) => crash.armed) : [];
    this.process = await LedgerProcess.start({ eventStoreUrl: this.store.url, roles: ROLES, armed });
    return this.process;
  }

  /** Makes what a round's commands need: accounts of their own, deposits, holds to capture, transactions to reverse. */
  prepare({ url }: LedgerProcess, round: Round): Promise<CrashCommand[]> {
    return prepare(url, crashesOf(round), round.funds, this.books);
  }

  /**
   * Sends commands to the process that is armed for them, and waits until it is dead.
   *
   * @throws Error naming the commands that never came to their points
   */
  async crash(process: LedgerProcess, commands: readonly CrashCommand[]): Promise<Crashed[]> {
    const sent = commands.map((command) => send(process.url, command));
    const timer = setTimeout(() => void process.kill(), DEATH_MS_MAX);
    const { signal } = await process.ended;
    clearTimeout(timer);
    this.deaths.push({ signal, diedArmed: process.diedArmed });
    const answers = await Promise.all(sent);
    const reached = new Set(process.reached);
    const missed = commands.map(({ armed }) => reportLine(armed)).filter((line) => !reached.has(line));
    if (missed.length > 0) throw new Error(`Never reached: ${missed.join(', ')}. ${process.output}`);
    await this.log.catchUp();
    return commands.map((command, index) => {
      return {
        ...command,
        before: answers[index] ?? null,
        after: [],
        stood: this.log.standing(command.armed.transactionId),
      };
    });
  }

  /** Sends the same requests again, each twice, one after the other. */
  async sendAgain({ url }: LedgerProcess, commands: readonly Crashed[]): Promise<void> {
    await Promise.all(
      commands.map(async (command) => {
        for (let times = 0; times < 2; times += 1) command.after.push(await sendAgain(url, command));
      }),
    );
  }

  /**
   * Waits until the log shows that nothing is owed any more.
   *
   * @throws Error with what still is, and what the process says of itself
   */
  async rest({ url, output }: LedgerProcess, withinMs: number): Promise<void> {
    try {
      await this.log.rest(withinMs);
    } catch (error) {
      const { text } = await call(url, 'GET /readyz');
      throw new Error(`The process says ${text} ${output}`, { cause: error });
    }
  }

  /** Ends what still runs. */
  async end(): Promise<void> {
    await this.process?.kill();
  }
}

/** A command of every kind at every point it passes. */
export function crashesOf({ name, nth }: Round): Crash[] {
  return (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
    POINTS.filter((point) => passes(kind, point)).map((point) => ({
      kind,
      armed: arm(kind, point, name, nth),
    })),
  );
}
