import { constants } from 'node:os';
import { statfs } from 'node:fs/promises';
import { eventStoreLimits } from '../limits.js';
import { CommitFailure } from './event-log.js';

const FULL: readonly unknown[] = [constants.errno.ENOSPC, constants.errno.EDQUOT];

/**
 * Why a batch was rejected. A full disk shows as an input/output error when LMDB could write a part of its pages, so
 * with that the free space is looked at. Any other input/output error is a disk that can't be trusted.
 */
export async function toCommitFailure(error: unknown, directory: string): Promise<CommitFailure> {
  const cause = await causeOf(error);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isFull = FULL.includes(code) || (code === constants.errno.EIO && (await hasNoSpace(directory)));
  const reason = cause instanceof Error ? cause.message : String(cause);
  return isFull
    ? new CommitFailure(`The disk of ${directory} is full: free some space.`, true, { cause })
    : new CommitFailure(reason, false, { cause });
}

/** LMDB's own error behind a rejected batch, which the library hands over as a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

async function hasNoSpace(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < eventStoreLimits.freeBytesMin;
}
