import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { assert } from '../../src/kernel/assert.js';

/*
 * What durability costs: appends/s of the embedded store, divided by those of a server with the same protocol code and a
 * log that stores nothing. One official client, in this process; each server in its own. The runs alternate. Whatever
 * else the machine does can only slow a run, so the ratio that counts is that of the best runs; that of the medians
 * beside it tells how quiet the machine was.
 *
 * node dist/tools/bench/append-ratio.js [seconds a run] [rounds] [--prof]
 */

const IN_FLIGHT = 256;
/** The sketch this was designed after reached 0.76. */
const RATIO_MIN = 0.6;
const STREAMS = 10_000;

interface Contestant {
  readonly name: string;
  readonly child: ChildProcess;
  readonly client: EventStoreDBClient;
  readonly rates: number[];
}

const [, , secondsText = '1', roundsText = '12'] = process.argv;
const runMs = Number(secondsText) * 1000;
const rounds = Number(roundsText);
const directory = await mkdtemp(join(tmpdir(), 'evenkeel-append-ratio-'));
const contestants: Contestant[] = [];
try {
  contestants.push(
    await enter('stores nothing', ['null']),
    await enter('embedded store', ['lmdb', directory]),
  );
  for (const contestant of contestants) await measure(contestant.client, runMs / 2);
  for (let round = 0; round < rounds; round += 1) {
    for (const { client, rates } of contestants) rates.push(await measure(client, runMs));
  }
  const [nothing, store] = contestants.map(({ name, rates }) => {
    const summary = { best: Math.max(...rates), median: median(rates) };
    const [best, middle] = [summary.best, summary.median].map((rate) => rate.toFixed(0).padStart(6));
    console.log(`${name.padEnd(16)} best ${best}  median ${middle} appends/s`);
    return summary;
  });
  assert(nothing && store, 'Both servers were measured.');
  const ratio = store.best / nothing.best;
  const ofMedians = (store.median / nothing.median).toFixed(2);
  console.log(
    `ratio ${ratio.toFixed(2)} (of medians ${ofMedians}) at ${IN_FLIGHT} appends in flight; at least ${RATIO_MIN} wanted`,
  );
  process.exitCode = ratio >= RATIO_MIN ? 0 : 1;
} finally {
  for (const { client, child } of contestants) {
    await client.dispose();
    if (child.connected) child.disconnect();
    if (child.exitCode === null) await once(child, 'exit');
  }
  await rm(directory, { recursive: true, force: true });
}

async function enter(name: string, args: readonly string[]): Promise<Contestant> {
  const profiled = process.argv.includes('--prof')
    ? ['--cpu-prof', `--cpu-prof-name=${args[0] ?? ''}.cpuprofile`]
    : [];
  const child = fork(new URL('./append-server.js', import.meta.url), [...args], { execArgv: profiled });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The server "${name}" ended before it listened.`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly port: number }];
  // From here on its end is awaited where it is asked for.
  ended.catch(() => undefined);
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${message.port}?tls=false`);
  return { name, child, client, rates: [] };
}

/** Keeps IN_FLIGHT single-event appends under way for `durationMs`. @returns appends/s */
async function measure(client: EventStoreDBClient, durationMs: number): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let appends = 0;
  const appendUntilEnd = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const event = jsonEvent({
        id: randomUUID(),
        type: 'EntryPosted',
        data: {
          transactionId: randomUUID(),
          leg: 0,
          direction: 'debit',
          amount: '1050',
          sequence: String(appends),
        },
        metadata: { $correlationId: randomUUID(), actor: 'bench', companyId: 'default', schemaVersion: 1 },
      });
      await client.appendToStream(`account-${Math.floor(Math.random() * STREAMS)}`, event);
      appends += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, appendUntilEnd));
  return appends / ((performance.now() - startMs) / 1000);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
