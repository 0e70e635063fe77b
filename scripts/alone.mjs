/** Lets one process at a time prepare a checkout: two scripts started at once would install into each other's packages. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import os from 'node:os';
import { giveUp, inRoot, say } from './project.mjs';

const LOCK = '.evenkeel-preparing';
/** A first install over a slow line takes minutes. */
const WAIT_MS_MAX = 15 * 60 * 1000;
const LOOK_MS = 100;
/** A lock without its owner's pid was left by one that died between two system calls. */
const UNSIGNED_MS_MAX = 2_000;

/**
 * Does what is not done yet, in one process of all that want it at the same time; the others wait and find it done. A lock that
 * a killed process left is taken over. Ends the process when another one does not come to an end.
 *
 * @param isDone asked before and after waiting
 * @param work may end the process
 * @param waitMsMax how long to wait for others
 */
export function alone(isDone, work, waitMsMax = WAIT_MS_MAX) {
  if (isDone()) return;
  take(waitMsMax);
  process.once('exit', release);
  try {
    if (!isDone()) work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function take(waitMsMax) {
  const deadlineMs = performance.now() + waitMsMax;
  let told;
  while (!tryTake()) {
    const owner = readOwner();
    if (owner === undefined) continue;
    if (isStale(owner)) {
      takeAway(owner);
      continue;
    }
    if (performance.now() > deadlineMs) {
      giveUp(
        `process ${owner.pid} has not finished preparing this checkout within ${Math.round(waitMsMax / 1000)} s: end it, or remove ${inRoot(LOCK)} if it does something else, then start again.`,
      );
    }
    if (told !== owner.pid && owner.pid !== '') {
      say(`waiting for process ${owner.pid}, which is preparing this checkout ...`);
      told = owner.pid;
    }
    pause(LOOK_MS);
  }
}

function tryTake() {
  try {
    const file = openSync(inRoot(LOCK), 'wx');
    writeSync(file, `${process.pid}`);
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function release() {
  rmSync(inRoot(LOCK), { force: true });
}

/** @returns undefined when the lock is gone by now */
function readOwner() {
  try {
    return { pid: readFileSync(inRoot(LOCK), 'utf8'), sinceMs: statSync(inRoot(LOCK)).mtimeMs };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isStale({ pid, sinceMs }) {
  if (pid === '') return Date.now() - sinceMs > UNSIGNED_MS_MAX;
  // Since the machine was started the same pid may have been given to something else.
  if (sinceMs < Date.now() - os.uptime() * 1000) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Of several that find the same stale lock one moves it away; a lock that is younger than what was looked at is left. */
function takeAway(owner) {
  const aside = inRoot(`${LOCK}.${process.pid}`);
  if (readOwner()?.pid !== owner.pid) return;
  try {
    renameSync(inRoot(LOCK), aside);
    rmSync(aside);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** Without an event loop: what comes after this must not begin before. */
function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
