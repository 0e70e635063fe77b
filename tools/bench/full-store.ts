import { setTimeout as sleep } from 'node:timers/promises';
import { LoadFailure, type Hear, type LoadAnswer } from './generator.js';
import { waitForReadModels } from './lag.js';
import type { LoadOrder } from './load/messages.js';
import { figure } from './table.js';

const PROGRESS_EVERY_MS = 10_000;
const READ_MODEL_STALL_MS_MAX = 60_000;
/** Opening a huge account without a snapshot may take longer than a command waits: it is sent again. */
const OPEN_TRIES_MAX = 60;
const OPEN_PAUSE_MS = 1_000;
const ACCEPTED = [201, 202];

type Ask = (order: LoadOrder, hear?: Hear) => Promise<LoadAnswer>;

/** A store that is no longer empty. */
export interface FullStore {
  readonly bigAccountId: string;
  readonly accounts: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly readModelsMs: number;
  readonly bigAccountEvents: number;
  readonly firstOpenMs: number;
}

/**
 * Stores accounts and five events for each, waits until the read models have them, and sends the biggest account its
 * first command.
 *
 * @throws LoadFailure when the read models stand still, or the account can't be opened
 */
export async function fillStore(
  accounts: number,
  origin: string,
  ask: Ask,
  say: (line: string) => void,
): Promise<FullStore> {
  const startedMs = performance.now();
  const onProgress = nowAndThen((done: number) => say(`  ${done} of ${accounts} accounts are stored`));
  const stored = await ask({ kind: 'preload', accounts }, { onProgress });
  if (stored.kind !== 'preloaded') throw new LoadFailure(`The load answered preload with ${stored.kind}.`);
  const { bigAccountId, events } = stored;
  const eventsPerSecond = (events * 1000) / (performance.now() - startedMs);
  say(`${events} events are stored, ${figure(eventsPerSecond)} a second. The read models catch up.`);
  const onLook = nowAndThen(({ lagMs }: { readonly lagMs: number }) =>
    say(`  the read models are ${figure(lagMs / 1000)} s behind`),
  );
  const readModelsMs = await waitForReadModels(origin, READ_MODEL_STALL_MS_MAX, onLook);
  if (readModelsMs === null) throw new LoadFailure('The read models stand still: see the log of the ledger.');
  const firstOpenMs = await openBigAccount(bigAccountId, ask);
  say(`The first command on the biggest account took ${figure(firstOpenMs)} ms.`);
  return {
    bigAccountId,
    accounts,
    events,
    eventsPerSecond,
    readModelsMs,
    bigAccountEvents: accounts + 1,
    firstOpenMs,
  };
}

/**
 * Credits an account that the ledger has not in memory.
 *
 * @returns how long it took until it was done, tries that came too early included
 * @throws LoadFailure when no try was answered in time
 */
export async function openBigAccount(accountId: string, ask: Ask): Promise<number> {
  const startedMs = performance.now();
  let status = 0;
  for (let tries = 0; tries < OPEN_TRIES_MAX; tries += 1) {
    const credited = await ask({ kind: 'credit', accountId });
    if (credited.kind !== 'credited')
      throw new LoadFailure(`The load answered credit with ${credited.kind}.`);
    ({ status } = credited);
    if (ACCEPTED.includes(status)) return performance.now() - startedMs;
    await sleep(OPEN_PAUSE_MS);
  }
  throw new LoadFailure(`The biggest account was never opened: the last answer had status ${status}.`);
}

/** Passes on what it is told, but not more often than every ten seconds. */
function nowAndThen<Value>(act: (value: Value) => void): (value: Value) => void {
  let lastMs = performance.now();
  return (value) => {
    if (performance.now() - lastMs < PROGRESS_EVERY_MS) return;
    lastMs = performance.now();
    act(value);
  };
}
