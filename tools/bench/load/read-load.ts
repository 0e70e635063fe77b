import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.js';
import { Latencies, type LatencySummary } from './latency.js';
import { Schedule } from './schedule.js';

/** What is read while transfers are written. */
export const READS = ['current', 'point-in-time'] as const;
export type ReadName = (typeof READS)[number];

/** Of each kind. */
const READS_PER_SECOND = 25;
const CONNECTIONS = 8;
const TICK_MS = 2;

export interface ReadsTurn {
  readonly latency: { readonly [Name in ReadName]: LatencySummary };
  readonly done: number;
  /** Answers other than 200. */
  readonly wrong: number;
}

/** Reads one account's balance, now and as of drawn times, at a constant rate; latencies count from when a read was due. */
export class ReadLoad {
  private readonly idle: Connection[];
  private readonly latencies: { readonly [Name in ReadName]: Latencies } = {
    current: new Latencies(),
    'point-in-time': new Latencies(),
  };
  private done = 0;
  private wrong = 0;

  constructor(
    origin: string,
    private readonly accountId: string,
  ) {
    this.idle = Array.from({ length: CONNECTIONS }, () => new Connection(origin));
  }

  /**
   * Reads from one moment to another, of `performance.now()`.
   *
   * @param since epoch milliseconds: times are drawn between then and now
   */
  async run(fromMs: number, toMs: number, since: number): Promise<ReadsTurn> {
    await sleep(Math.max(0, fromMs - performance.now()));
    const schedule = new Schedule(fromMs, READS_PER_SECOND * READS.length);
    const waiting: { readonly dueMs: number; readonly name: ReadName }[] = [];
    let count = 0;
    const start = (connection: Connection, { dueMs, name }: (typeof waiting)[number]): void => {
      connection.get(this.path(name, since), (status) => {
        this.latencies[name].record(performance.now() - dueMs);
        if (status === 200) this.done += 1;
        else this.wrong += 1;
        const next = waiting.shift();
        if (next === undefined) this.idle.push(connection);
        else start(connection, next);
      });
    };
    for (let nowMs = performance.now(); nowMs < toMs; nowMs = performance.now()) {
      for (let due = schedule.due(nowMs); due > 0; due -= 1) {
        const read = { dueMs: schedule.take(), name: READS[count % READS.length] ?? 'current' };
        count += 1;
        const connection = this.idle.pop();
        if (connection === undefined) waiting.push(read);
        else start(connection, read);
      }
      await sleep(TICK_MS);
    }
    while (this.idle.length < CONNECTIONS) await sleep(TICK_MS);
    const latency = {
      current: this.latencies.current.summary(),
      'point-in-time': this.latencies['point-in-time'].summary(),
    };
    return { latency, done: this.done, wrong: this.wrong };
  }

  private path(name: ReadName, since: number): string {
    const path = `/v1/accounts/${this.accountId}/balance`;
    if (name === 'current') return path;
    const draw = (): string => new Date(since + Math.random() * (Date.now() - since)).toISOString();
    return `${path}?effectiveAt=${draw()}&knownAt=${draw()}`;
  }
}
