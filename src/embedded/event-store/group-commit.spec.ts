import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { GroupCommit, type CommitResult } from './group-commit.js';
import { eventStoreLimits } from './limits.js';
import { CommitFailure, type AppendOutcome, type AppendRequest, type EventLog } from './log/event-log.js';

/** A log whose commits end when the test says so. */
class ControlledLog implements Pick<EventLog, 'append'> {
  readonly commits: {
    readonly requests: readonly AppendRequest[];
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];

  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    return new Promise((resolve, reject) => {
      this.commits.push({
        requests,
        resolve: () => {
          resolve(requests.map((_, index) => ({ kind: 'appended', revision: index, position: index })));
        },
        reject,
      });
    });
  }

  get sizes(): number[] {
    return this.commits.map(({ requests }) => requests.length);
  }
}

const request = (bytes = 0): AppendRequest => ({
  streamName: 's',
  expected: { kind: 'any' },
  events: [
    {
      id: 'b2f1f1f6-3a43-4c4e-9a67-3c5d0c8f7f10',
      type: 'T',
      isJson: false,
      data: Buffer.alloc(bytes),
      customMetadata: Buffer.alloc(0),
    },
  ],
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(): {
  log: ControlledLog;
  commits: GroupCommit;
  results: CommitResult[];
  broken: Error[];
  submit: (bytes?: number) => void;
} {
  const log = new ControlledLog();
  const broken: Error[] = [];
  const results: CommitResult[] = [];
  const commits = new GroupCommit(log as unknown as EventLog, (error) => broken.push(error));
  const submit = (bytes?: number): void => {
    commits.submit(request(bytes), (result) => results.push(result));
  };
  return { log, commits, results, broken, submit };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('group commit', () => {
  it('commits what arrives together in one, and what arrives meanwhile in the next', async () => {
    const { log, commits, results, submit } = setUp();
    for (let index = 0; index < 10; index += 1) submit();
    await turn();
    for (let index = 0; index < 7; index += 1) submit();
    await turn();
    expect(log.sizes).toEqual([10]);
    expect(results).toHaveLength(0);
    log.commits[0]?.resolve();
    await turn();
    expect(results).toHaveLength(10);
    expect(log.sizes).toEqual([10, 7]);
    log.commits[1]?.resolve();
    await commits.drain();
    expect(results).toHaveLength(17);
  });

  it('fails a commit as a whole and alone, and goes on', async () => {
    const { log, commits, results, broken, submit } = setUp();
    submit();
    submit();
    await turn();
    submit();
    log.commits[0]?.reject(new CommitFailure('The disk is full.', true, {}));
    await turn();
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'failed']);
    expect(broken).toEqual([]);
    log.commits[1]?.resolve();
    await commits.drain();
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'appended']);
  });

  it('divides a crowd, so that clients and disk work at the same time', async () => {
    const { log, submit } = setUp();
    const { undividedAppendsMax } = eventStoreLimits;
    for (let index = 0; index < 4 * undividedAppendsMax; index += 1) submit();
    for (let commit = 0; commit < 3; commit += 1) {
      await turn();
      log.commits[commit]?.resolve();
    }
    expect(log.sizes).toEqual([2 * undividedAppendsMax, undividedAppendsMax, undividedAppendsMax]);
  });

  it('keeps a commit within its bytes, but takes one append whatever its size', async () => {
    const { log, submit } = setUp();
    const { commitBytesMax } = eventStoreLimits;
    for (const bytes of [commitBytesMax / 2, commitBytesMax / 2, commitBytesMax + 1, 1]) submit(bytes);
    for (let commit = 0; commit < 3; commit += 1) {
      await turn();
      log.commits[commit]?.resolve();
    }
    expect(log.sizes).toEqual([2, 1, 1]);
  });

  it('asks for the log to be opened anew when the disk failed otherwise', async () => {
    const { log, commits, broken, submit } = setUp();
    submit();
    await turn();
    log.commits[0]?.reject(new Error('Input/output error'));
    await commits.drain();
    expect(broken.map(({ message }) => message)).toEqual(['Input/output error']);
  });

  it('gives up what is not committed in time, once, and does not write what it gave up', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    const { log, commits, results, submit } = setUp();
    submit();
    await turn();
    submit();
    jest.advanceTimersByTime(eventStoreLimits.writeTimeoutMs - 100);
    expect(results).toEqual([]);
    jest.advanceTimersByTime(100 + eventStoreLimits.timeoutSweepMs);
    expect(results.map(({ kind }) => kind)).toEqual(['timed-out', 'timed-out']);
    log.commits[0]?.resolve();
    await turn();
    log.commits[1]?.resolve();
    await commits.drain();
    expect(results).toHaveLength(2);
    expect(log.sizes).toEqual([1, 0]);
  });

  it('is full before it is too busy', () => {
    const { commits, results, submit } = setUp();
    expect(commits.isFull).toBe(false);
    submit(eventStoreLimits.waitingBytesHigh);
    expect(commits.isFull).toBe(true);
    submit(eventStoreLimits.waitingBytesMax - eventStoreLimits.waitingBytesHigh);
    expect(results).toEqual([]);
    submit();
    expect(results).toEqual([{ kind: 'too-busy' }]);
  });

  it('says once when there is room again', async () => {
    const { log, commits, submit } = setUp();
    let rooms = 0;
    submit();
    commits.onRoom(() => {
      rooms += 1;
    });
    await turn();
    expect(rooms).toBe(1);
    log.commits[0]?.resolve();
    await commits.drain();
    expect(rooms).toBe(1);
  });
});
