import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { GroupCommit, type CommitResult } from './group-commit.js';
import { eventStoreLimits } from './limits.js';
import { CommitFailure, type AppendOutcome, type AppendRequest, type EventLog } from './log/event-log.js';

/** A log whose commits end when the test says so. */
class ControlledLog implements Pick<EventLog, 'stage' | 'commit' | 'stagedBytes'> {
  stagedBytes = 0;
  readonly commits: {
    readonly appends: number;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  private staged = 0;

  stage(request: AppendRequest): AppendOutcome {
    if (request.streamName === 'damaged') throw new Error('The record is damaged.');
    this.staged += 1;
    return { kind: 'appended', revision: this.staged, position: this.staged };
  }

  commit(): Promise<void> {
    const appends = this.staged;
    this.staged = 0;
    return new Promise((resolve, reject) => {
      this.commits.push({ appends, resolve, reject });
    });
  }
}

const request = (streamName = 's'): AppendRequest => ({ streamName, expected: { kind: 'any' }, events: [] });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(): {
  log: ControlledLog;
  commits: GroupCommit;
  results: CommitResult[];
  broken: Error[];
  submit: (streamName?: string) => void;
} {
  const log = new ControlledLog();
  const broken: Error[] = [];
  const results: CommitResult[] = [];
  const commits = new GroupCommit(log as unknown as EventLog, (error) => broken.push(error));
  const submit = (streamName?: string): void => {
    commits.submit(request(streamName), (result) => results.push(result));
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
    expect(log.commits.map(({ appends }) => appends)).toEqual([10]);
    expect(results).toHaveLength(0);
    log.commits[0]?.resolve();
    await turn();
    expect(results).toHaveLength(10);
    expect(log.commits.map(({ appends }) => appends)).toEqual([10, 7]);
    log.commits[1]?.resolve();
    await commits.drain();
    expect(results).toHaveLength(17);
  });

  it('fails what rests on a failed commit too, and goes on', async () => {
    const { log, commits, results, broken, submit } = setUp();
    submit();
    await turn();
    submit();
    log.commits[0]?.reject(new CommitFailure('The disk is full.', true, {}));
    await turn();
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'failed']);
    expect(broken).toEqual([]);
    submit();
    await turn();
    log.commits[1]?.resolve();
    await commits.drain();
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'appended']);
  });

  it('asks for the log to be opened anew when the disk failed otherwise', async () => {
    const { log, commits, broken, submit } = setUp();
    submit();
    await turn();
    log.commits[0]?.reject(new Error('Input/output error'));
    await commits.drain();
    expect(broken.map(({ message }) => message)).toEqual(['Input/output error']);
  });

  it("fails an append that can't be decided, alone", async () => {
    const { log, commits, results, submit } = setUp();
    submit('damaged');
    submit();
    await turn();
    log.commits[0]?.resolve();
    await commits.drain();
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'appended']);
  });

  it('gives up what is not committed in time, once', async () => {
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
  });

  it('is full before it is too busy', () => {
    const { log, commits, results, submit } = setUp();
    expect(commits.isFull).toBe(false);
    log.stagedBytes = eventStoreLimits.waitingBytesHigh;
    expect(commits.isFull).toBe(true);
    submit();
    expect(results).toEqual([]);
    log.stagedBytes = eventStoreLimits.waitingBytesMax;
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
