import { describe, expect, it } from '@jest/globals';
import { constants, tmpdir } from 'node:os';
import { toCommitFailure } from './commit-failure.js';

/** A rejection as the library makes it: the cause is a promise that rejects. */
function rejection(code: number): Error {
  const commitError = Promise.reject(Object.assign(new Error(`LMDB says ${code}`), { code }));
  return Object.assign(new Error('Commit failed (see commitError for details)'), { commitError });
}

describe('a failed commit', () => {
  it.each(['ENOSPC', 'EDQUOT'] as const)('is a full disk by %s', async (name) => {
    const failure = await toCommitFailure(rejection(constants.errno[name]), tmpdir());
    expect(failure).toMatchObject({
      isDiskFull: true,
      message: `The disk of ${tmpdir()} is full: free some space.`,
    });
  });

  it('is a broken disk by an input/output error while there is space', async () => {
    const failure = await toCommitFailure(rejection(constants.errno.EIO), tmpdir());
    expect(failure).toMatchObject({ isDiskFull: false, message: `LMDB says ${constants.errno.EIO}` });
  });

  it('is told as it is when the library says nothing more', async () => {
    const failure = await toCommitFailure(new Error('The environment is already closed.'), tmpdir());
    expect(failure).toMatchObject({ isDiskFull: false, message: 'The environment is already closed.' });
  });
});
