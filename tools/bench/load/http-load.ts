import { setTimeout as sleep } from 'node:timers/promises';
import { IN_FLIGHT } from '../phases.js';
import { Connection } from './connection.js';
import type { HttpPhase, PreparedRequest, Requests } from './requests.js';
import { Schedule } from './schedule.js';
import type { Tally } from './tally.js';

const TICK_MS = 1;
/** A check of the last answers; each is bounded by the connection's own timeouts. */
const DRAIN_LOOK_MS = 5;

/** Loads the API over connections that are kept from one phase to the next. */
export class HttpLoad {
  private readonly connections: readonly Connection[];

  constructor(origin: string) {
    this.connections = Array.from({ length: IN_FLIGHT }, () => new Connection(origin));
  }

  /** Sends one command and waits for its answer. */
  send(
    request: Omit<PreparedRequest, 'commands'>,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const connection = this.connections.find(({ isIdle }) => isIdle);
    if (connection === undefined) throw new Error('Every connection is in use: one command at a time.');
    return new Promise((resolve) =>
      connection.send(request, (status, text) => resolve({ status, text }), true),
    );
  }

  /**
   * Sends many commands, as many at a time as there are connections.
   *
   * @param onAnswer called for each
   */
  async sendAll(
    requests: Iterable<Omit<PreparedRequest, 'commands'>>,
    onAnswer: (index: number, status: number, text: string) => void,
  ): Promise<void> {
    const iterator = requests[Symbol.iterator]();
    let index = 0;
    const work = this.connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          const next = (): void => {
            const step = iterator.next();
            if (step.done === true) return resolve();
            const mine = index;
            index += 1;
            connection.send(
              step.value,
              (status, text) => {
                onAnswer(mine, status, text);
                next();
              },
              true,
            );
          };
          next();
        }),
    );
    await Promise.all(work);
  }

  /** Keeps some connections busy until the tally's end: the next request goes out when an answer has arrived. */
  async closedLoop(phase: HttpPhase, inFlight: number, requests: Requests, tally: Tally): Promise<void> {
    const work = this.connections.slice(0, inFlight).map(
      (connection) =>
        new Promise<void>((resolve) => {
          const next = (): void => {
            const sentMs = performance.now();
            if (sentMs >= tally.toMs) return resolve();
            const request = requests.next(phase);
            connection.send(
              request,
              (status, text) => {
                tally.addWork(sentMs, performance.now(), request.commands, wrongIn(phase, status, text));
                next();
              },
              phase === 'bulk',
            );
          };
          next();
        }),
    );
    await Promise.all(work);
  }

  /** Sends uniform transfers at a constant rate, whatever the answers do. Requests that find no free connection wait. */
  async openLoop(startMs: number, perSecond: number, requests: Requests, tally: Tally): Promise<void> {
    const schedule = new Schedule(startMs, perSecond);
    const idle = [...this.connections];
    const waiting: number[] = [];
    const start = (connection: Connection, dueMs: number): void => {
      connection.send(requests.next('uniform'), (status) => {
        tally.addDue(dueMs, performance.now(), wrongIn('uniform', status, ''));
        const next = waiting.shift();
        if (next === undefined) idle.push(connection);
        else start(connection, next);
      });
    };
    for (let nowMs = performance.now(); nowMs < tally.toMs; nowMs = performance.now()) {
      for (let count = schedule.due(nowMs); count > 0; count -= 1) {
        const dueMs = schedule.take();
        const connection = idle.pop();
        if (connection === undefined) waiting.push(dueMs);
        else start(connection, dueMs);
      }
      await sleep(TICK_MS);
    }
    while (idle.length < this.connections.length) await sleep(DRAIN_LOOK_MS);
  }
}

/** What is wrong with an answer, in a few words, or null. */
function wrongIn(phase: HttpPhase, status: number, text: string): string | null {
  if (status === 0) return 'no answer';
  if (status !== expected(phase)) return `status ${status}`;
  if (phase !== 'bulk') return null;
  const refused = /"problem":\{.*?"code":"([a-z-]+)"/.exec(text)?.[1];
  return refused === undefined ? null : `a command with ${refused}`;
}

/** The status of a request that came to what it should. */
function expected(phase: HttpPhase): number {
  switch (phase) {
    case 'noop':
      return 400;
    case 'bulk':
      return 200;
    case 'activities':
    case 'hot-activities':
      return 202;
    case 'uniform':
    case 'hot-credit':
    case 'hot-debit':
    case 'zipf':
      return 201;
  }
}
