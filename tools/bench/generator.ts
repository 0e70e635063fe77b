import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadOrder, LoadPlace, LoadReport } from './load/messages.js';

/** Longer than any order is silent: phases are shorter, connections have their own timeouts, long orders tell how far they are. */
const SILENCE_MS_MAX = 120_000;
const END_MS_MAX = 5_000;

/** The load could not be made; the message is one sentence. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

/** What an order is answered with. */
export type LoadAnswer = Exclude<LoadReport, { kind: 'measuring' | 'progress' | 'failed' }>;

/** Told while an order is carried out. */
export interface Hear {
  readonly onMeasuring?: () => void;
  readonly onProgress?: (done: number) => void;
}

/** The process that makes the load, as the benchmark sees it. */
export class LoadGenerator {
  private readonly child: ChildProcess;

  constructor(place: LoadPlace) {
    this.child = fork(new URL('./load/load-process.js', import.meta.url), [JSON.stringify(place)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  get processId(): number {
    return this.child.pid ?? 0;
  }

  /**
   * Gives an order and waits until it is carried out. One at a time.
   *
   * @param hear told when a warm-up is over, and how far a long order is
   * @throws LoadFailure
   */
  ask(order: LoadOrder, hear: Hear = {}): Promise<LoadAnswer> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const fail = (message: string): void => settle(() => reject(new LoadFailure(message)));
      const onMessage = (report: LoadReport): void => {
        timer.refresh();
        if (report.kind === 'measuring') hear.onMeasuring?.();
        else if (report.kind === 'progress') hear.onProgress?.(report.done);
        else if (report.kind === 'failed') fail(report.message);
        else settle(() => resolve(report));
      };
      const onExit = (): void => fail('The process that makes the load ended by itself.');
      const timer = setTimeout(
        () => fail(`The process that makes the load was silent for ${SILENCE_MS_MAX / 1000} s.`),
        SILENCE_MS_MAX,
      );
      child.on('message', onMessage).once('exit', onExit);
      if (child.connected) child.send(order);
      else onExit();
    });
  }

  /** Ends the process and waits for it. */
  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    if (child.connected) child.disconnect();
    const patience = new AbortController();
    const late = sleep(END_MS_MAX, 'late', { signal: patience.signal }).catch(() => undefined);
    if ((await Promise.race([exited, late])) === 'late') {
      child.kill('SIGKILL');
      await exited;
    }
    patience.abort();
  }
}
