import { setTimeout as sleep } from 'node:timers/promises';
import { eventStoreLimits } from '../limits.js';
import type { LogTables } from './lmdb-environment.js';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js';

const OWNER = 'owner';

/** Another running process has the data directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  constructor(
    readonly directory: string,
    readonly ownerPid: number,
  ) {
    super(
      `The data directory ${directory} is in use by process ${ownerPid}: stop that process, or start with another data directory.`,
    );
  }
}

/**
 * Makes this process the only owner of the log: LMDB itself would let several processes write, and each would number
 * events on its own. The claim is read and written in one write transaction, so of two claimants one loses. An owner that
 * no longer runs is replaced; a running one is waited for, as it may be about to stop.
 *
 * @param waitMs how long to wait for a running owner
 * @throws DataDirectoryInUse when it still runs after that
 */
export async function claimOwnership(
  tables: LogTables,
  directory: string,
  waitMs: number = eventStoreLimits.ownerWaitMs,
): Promise<void> {
  const self = ownIdentity();
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const owner = tables.root.transactionSync(() => {
      const recorded = parseOwner(tables.facts.get(OWNER));
      if (recorded && isRunning(recorded)) return recorded;
      tables.facts.putSync(OWNER, JSON.stringify(self));
      return undefined;
    });
    if (!owner) return;
    if (performance.now() >= deadlineMs) throw new DataDirectoryInUse(directory, owner.pid);
    await sleep(eventStoreLimits.ownerPollMs);
  }
}

/** Ends the ownership, so that the next owner need not ask whether this process still runs. */
export function releaseOwnership(tables: LogTables): void {
  tables.facts.removeSync(OWNER);
}

function parseOwner(text: string | undefined): ProcessIdentity | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as ProcessIdentity);
}
