import { afterEach, describe, expect, it } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStoreHandle,
  type UnexpectedExit,
} from '../../../src/embedded/event-store/embedded-event-store.js';
import {
  anEvent,
  collect,
  rejectionOf,
  startTestEventStore,
  waitFor,
  type TestEventStore,
} from '../../support/event-store.js';
import { until } from '../../support/until.js';

const stores: TestEventStore[] = [];
const handles: EmbeddedEventStoreHandle[] = [];

async function start(): Promise<TestEventStore> {
  const store = await startTestEventStore();
  stores.push(store);
  return store;
}

afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.stop();
  for (const store of stores.splice(0)) await store.dispose();
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The processes that have a file open. */
async function pidsWith(file: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
      const targets = descriptors.map((each) => readlink(`/proc/${pid}/fd/${each}`).catch(() => ''));
      return (await Promise.all(targets)).includes(file);
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}

describe('the process of the embedded event store', () => {
  it('is started again on the same port when it dies, and the same client goes on', async () => {
    const reports: string[] = [];
    const exits: UnexpectedExit[] = [];
    const store = await startTestEventStore({ log: (sentence) => reports.push(sentence) });
    stores.push(store);
    store.handle.onExit((exit) => exits.push(exit));
    const { port, pid, storeId } = store.handle;
    await store.client.appendToStream('before', anEvent());

    process.kill(pid, 'SIGKILL');
    await waitFor(
      'the store is back',
      () => reports.some((report) => report.includes('again.')) && store.handle.pid !== pid,
    );
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL', willRestart: true }]);
    expect(store.handle.port).toBe(port);
    expect(store.handle.storeId).toBe(storeId);

    let appended = false;
    for (let attempt = 0; attempt < 50 && !appended; attempt += 1) {
      appended = await store.client.appendToStream('after', anEvent()).then(
        () => true,
        () => sleep(20).then(() => false),
      );
    }
    expect(appended).toBe(true);
    expect(await collect(store.client.readStream('before'))).toHaveLength(1);
  });

  it('ends when it is stopped, and leaves the port and the directory to the next', async () => {
    const store = await start();
    const { pid, port } = store.handle;
    await store.handle.stop();
    expect(isRunning(pid)).toBe(false);
    const next = await startEmbeddedEventStore({ dataDirectory: store.directory, port });
    handles.push(next);
    expect(next.port).toBe(port);
    expect(next.storeId).toBe(store.handle.storeId);
  });

  it('ends by itself when the process that started it is gone', async () => {
    const store = await start();
    await store.handle.stop();
    // A parent that starts a store, says its pid, and is killed.
    const module = new URL('../../../dist/src/embedded/event-store/embedded-event-store.js', import.meta.url)
      .href;
    const script = `import(${JSON.stringify(module)}).then(async ({ startEmbeddedEventStore }) => {
      const handle = await startEmbeddedEventStore({ dataDirectory: ${JSON.stringify(store.directory)}, port: 0 });
      process.send(handle.pid);
    });`;
    const parent = fork('-e', [script], {
      execArgv: ['-e', script],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [pid] = (await once(parent, 'message')) as [number];
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    // It ended when the directory can be had again.
    handles.push(await startEmbeddedEventStore({ dataDirectory: store.directory, port: 0 }));
  });

  it('refuses a data directory that another store has, after waiting for it to end', async () => {
    const store = await start();
    const error = await rejectionOf(startEmbeddedEventStore({ dataDirectory: store.directory, port: 0 }));
    expect(error.message).toBe(
      `The data directory ${store.directory} is in use by process ${store.handle.pid}: stop that process, or start with another data directory.`,
    );
    expect(error.isFinal).toBe(true);
  });

  it('takes over from an owner that is about to end', async () => {
    const store = await start();
    const starting = startEmbeddedEventStore({ dataDirectory: store.directory, port: 0 });
    // Only Linux tells which process has a file open; elsewhere it may come before the other has ended, or after.
    if (process.platform === 'linux') {
      const data = join(store.directory, 'data.mdb');
      await until(async () => (await pidsWith(data)).some((pid) => pid !== store.handle.pid));
    }
    await store.handle.stop();
    const next = await starting;
    handles.push(next);
    expect(next.storeId).toBe(store.handle.storeId);
  });

  it('takes over from an owner that was killed', async () => {
    const store = await start();
    process.kill(store.handle.pid, 'SIGKILL');
    await store.handle.stop();
    handles.push(await startEmbeddedEventStore({ dataDirectory: store.directory, port: 0 }));
  });

  it('says which port is taken', async () => {
    const blocker = createServer();
    blocker.listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const store = await start();
    await store.handle.stop();
    const error = await rejectionOf(startEmbeddedEventStore({ dataDirectory: store.directory, port }));
    blocker.close();
    expect(error.message).toBe(
      `Port ${port} on 127.0.0.1, meant for the embedded event store, is taken: stop what uses it, or set EMBEDDED_EVENTSTORE_PORT to another port.`,
    );
  });

  it('listens on loopback only, unless told otherwise', async () => {
    const store = await start();
    await store.handle.stop();
    const options = { dataDirectory: store.directory, port: 0, host: '0.0.0.0' };
    const error = await rejectionOf(startEmbeddedEventStore(options));
    expect(error.message).toContain('listens on loopback only, not on 0.0.0.0');
    handles.push(await startEmbeddedEventStore({ ...options, allowRemote: true }));
  });

  it("fails at once, in one sentence, where it can't keep its data", async () => {
    const store = await start();
    const dataDirectory = join(store.directory, 'data.mdb', 'inside-a-file');
    const error = await rejectionOf(startEmbeddedEventStore({ dataDirectory, port: 0 }));
    expect(error.message).toMatch(
      /^The data directory .*inside-a-file can't be used \(ENOTDIR.*\): make it writable/,
    );
    expect(error.isFinal).toBe(true);
  });

  it('writes its commits through a descriptor that syncs', async () => {
    // Only Linux tells how a file of another process was opened.
    if (process.platform !== 'linux') return;
    const store = await start();
    const base = `/proc/${store.handle.pid}`;
    const data = join(store.directory, 'data.mdb');
    const flags: number[] = [];
    for (const descriptor of await readdir(join(base, 'fd'))) {
      const target = await readlink(join(base, 'fd', descriptor)).catch(() => '');
      if (target !== data) continue;
      const info = await readFile(join(base, 'fdinfo', descriptor), 'utf8');
      flags.push(parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8));
    }
    const O_DSYNC = 0o10000;
    expect(flags.some((flag) => (flag & O_DSYNC) !== 0)).toBe(true);
  });
});
