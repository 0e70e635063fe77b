import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../../tools/demo/client.js';
import { call, freshKey, type Answer } from '../support/http-client.js';

/** How long a client goes on asking, and what it waits in between. */
const CARRY_MS_MAX = 60_000;
const PAUSE_MS = 100;

/**
 * Sends a command to a process that lives until its answer is final: a machine that is busy with other things may not get it
 * done in the time one request has.
 *
 * @throws Error with the last answer, when none is final within a minute
 */
export async function carry(
  url: string,
  route: string,
  body: object,
  key: string = freshKey(),
): Promise<Answer> {
  const deadlineMs = performance.now() + CARRY_MS_MAX;
  for (;;) {
    const answer = await call(url, route, { body, key });
    if (isFinal(answer)) return answer;
    if (performance.now() > deadlineMs) {
      throw new Error(`${route} with key ${key} was last answered ${answer.status}: ${answer.text}`);
    }
    await sleep(PAUSE_MS);
  }
}

/**
 * Carries a command that is there to prepare something.
 *
 * @returns what was made
 * @throws Error when it is refused
 */
export async function made(url: string, route: string, body: object, key?: string): Promise<Answer['json']> {
  const answer = await carry(url, route, body, key);
  if (answer.status !== 201) throw new Error(`${route} was answered ${answer.status}: ${answer.text}`);
  return answer.json;
}
