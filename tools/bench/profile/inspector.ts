import { setTimeout as sleep } from 'node:timers/promises';
import { request, WebSocket } from 'undici';
import type { CpuProfile } from './themes.js';

/** Where Node listens after SIGUSR1 (nodejs.org, "Debugging"). */
const INSPECTOR_ORIGIN = 'http://127.0.0.1:9229';
const OPEN_MS_MAX = 5_000;
const LOOK_MS = 50;
const SAMPLING_MICROSECONDS = 500;
const ANSWER_MS_MAX = 20_000;

/** A process could not be profiled; the message is one sentence. */
export class ProfileFailure extends Error {
  override readonly name = 'ProfileFailure';
}

/**
 * Takes a CPU profile of another Node process of this machine while it works, and leaves it as it was.
 *
 * @throws ProfileFailure when its inspector can't be reached, or the port belongs to another process
 */
export async function profileProcess(processId: number, durationMs: number): Promise<CpuProfile> {
  const session = await Session.open(processId);
  try {
    if ((await session.evaluate('process.pid')) !== processId) {
      throw new ProfileFailure('Another process holds the inspector port 9229: end its debugging first.');
    }
    await session.call('Profiler.enable');
    await session.call('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
    await session.call('Profiler.start');
    await sleep(durationMs);
    const { profile } = (await session.call('Profiler.stop')) as { profile: CpuProfile };
    return profile;
  } finally {
    // Closed a moment later, so that the answer to this can still be sent.
    await session.evaluate("void setTimeout(() => process.getBuiltinModule('node:inspector').close(), 10)");
    session.close();
    await untilClosed();
  }
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
}

/** A conversation in the DevTools protocol. */
class Session {
  private calls = 0;
  private readonly waiting = new Map<number, (result: unknown) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as Answer;
      if (id === undefined) return;
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
    });
  }

  static async open(processId: number): Promise<Session> {
    process.kill(processId, 'SIGUSR1');
    const deadlineMs = performance.now() + OPEN_MS_MAX;
    while (performance.now() < deadlineMs) {
      const url = await debuggerUrl();
      if (url !== undefined) {
        const socket = new WebSocket(url);
        await new Promise<void>((resolve, reject) => {
          socket.addEventListener('open', () => resolve());
          socket.addEventListener('error', () =>
            reject(new ProfileFailure(`The inspector of process ${processId} did not answer.`)),
          );
        });
        return new Session(socket);
      }
      await sleep(LOOK_MS);
    }
    throw new ProfileFailure(`Process ${processId} did not open its inspector.`);
  }

  async call(method: string, params: object = {}): Promise<unknown> {
    this.calls += 1;
    const id = this.calls;
    const patience = new AbortController();
    const answer = new Promise<unknown>((resolve) => this.waiting.set(id, resolve));
    const late = sleep(ANSWER_MS_MAX, undefined, { signal: patience.signal }).then(
      () => {
        throw new ProfileFailure(`The inspector did not answer ${method}.`);
      },
      () => undefined,
    );
    this.socket.send(JSON.stringify({ id, method, params }));
    try {
      return await Promise.race([answer, late]);
    } finally {
      patience.abort();
    }
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.call('Runtime.evaluate', { expression })) as { result: { value?: unknown } };
    return answer.result.value;
  }

  close(): void {
    this.socket.close();
  }
}

async function debuggerUrl(): Promise<string | undefined> {
  try {
    const { body } = await request(`${INSPECTOR_ORIGIN}/json/list`);
    const targets = (await body.json()) as readonly { readonly webSocketDebuggerUrl?: string }[];
    return targets[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}

/** The next process takes the same port. */
async function untilClosed(): Promise<void> {
  const deadlineMs = performance.now() + OPEN_MS_MAX;
  while (performance.now() < deadlineMs && (await debuggerUrl()) !== undefined) await sleep(LOOK_MS);
}
