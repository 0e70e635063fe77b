import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { POINTS, type Point } from '../../tools/failpoints/armament.js';
import { startCrashStore, type CrashStore } from './crash-store.js';
import type { Answer } from '../support/http-client.js';
import { KINDS, passes, type Kind } from './crash-commands.js';
import { CrashRounds, type Crashed, type Round } from './crash-rounds.js';

/** Deaths whose commands are sent again to the next process. */
const SENT_AGAIN: readonly Round[] = [
  { name: 'first', funds: 'exact', nth: 1 },
  { name: 'second', funds: 'plenty', nth: 1 },
  { name: 'third', funds: 'exact', nth: 2 },
  { name: 'fourth', funds: 'plenty', nth: 2 },
  { name: 'fifth', funds: 'exact', nth: 3 },
];
/** A death whose commands nobody sends again until recovery has finished them. */
const LEFT_ALONE: Round = { name: 'alone', funds: 'exact', nth: 1 };

const DEATHS_MS_MAX = 240_000;
const AT_REST_MS_MAX = limits.recoveryAfterMs + 5_000;

/** What the log must show of a command that died at a point. */
const STOOD: Readonly<Record<Point, (crashed: Crashed) => boolean>> = {
  P0: ({ stood }) => !stood.isCommitted && stood.reserved === 0,
  P1: ({ stood, kind }) => !stood.isCommitted && stood.reserved < KINDS[kind].reserves,
  P2: ({ stood }) => !stood.isCommitted && stood.reserved > 0,
  // Its commit was under way: taken or not.
  P3: ({ stood, kind }) => stood.owed === (stood.isCommitted ? KINDS[kind].settles : 0),
  P4: ({ stood, kind }) => stood.isCommitted && stood.owed === KINDS[kind].settles,
  P5: ({ stood, kind }) => stood.isCommitted && stood.owed > 0 && stood.owed < KINDS[kind].settles,
  P6: ({ stood }) => stood.isCommitted && stood.owed === 0,
  P7: ({ stood }) => stood.isCommitted && stood.owed === 0,
};

describe('a process that is killed', () => {
  let store: CrashStore | undefined;
  let rounds: CrashRounds;
  let alone: Crashed[] = [];
  let openWhenAtRest: string[];
  const sentAgain: Crashed[] = [];

  const at = (point: Point): Crashed[] =>
    [...sentAgain, ...alone].filter(({ armed }) => armed.point === point);
  const keysOf = (crashed: readonly Crashed[]): string[] => crashed.map(({ armed }) => armed.key);

  beforeAll(async () => {
    store = await startCrashStore();
    rounds = new CrashRounds(store);
    let latest: Crashed[] = [];
    for (const round of [...SENT_AGAIN, LEFT_ALONE]) {
      const process = await rounds.start(round);
      const [commands] = await Promise.all([
        rounds.prepare(process, round),
        rounds.sendAgain(process, latest),
      ]);
      latest = await rounds.crash(process, commands);
      if (round === LEFT_ALONE) alone = latest;
      else sentAgain.push(...latest);
    }
    const last = await rounds.start(null);
    await rounds.rest(last, AT_REST_MS_MAX);
    openWhenAtRest = keysOf(alone.filter(({ armed }) => !rounds.log.byKey.has(armed.key)));
    await rounds.sendAgain(last, alone);
    await rounds.log.catchUp();
  }, DEATHS_MS_MAX);

  afterAll(async () => {
    // Undefined when the store did not start.
    await (rounds as CrashRounds | undefined)?.end();
    await store?.dispose();
  });

  it('dies of SIGKILL, with all its commands at their points', () => {
    expect(rounds.deaths).toEqual(
      [...SENT_AGAIN, LEFT_ALONE].map(() => ({ signal: 'SIGKILL', diedArmed: true })),
    );
  });

  it.each(POINTS)('%s: every kind of command stood there in every death, and the log shows it', (point) => {
    const kinds = (Object.keys(KINDS) as Kind[]).filter((kind) => passes(kind, point));
    expect(at(point)).toHaveLength(kinds.length * (SENT_AGAIN.length + 1));
    expect(keysOf(at(point).filter((crashed) => !STOOD[point](crashed)))).toEqual([]);
    const answered = at(point).filter(({ before }) => before !== null);
    expect(answered).toHaveLength(point === 'P7' ? at(point).length : 0);
  });

  it.each(POINTS)('%s: the same request again has one answer, whenever it is sent', (point) => {
    for (const { armed, kind, before, after } of at(point)) {
      const status = KINDS[kind].outcome === 'rejected' ? 422 : 201;
      const answers = [before, ...after].filter((answer) => answer !== null);
      expect([armed.key, ...answers.map((answer) => answer.status)]).toEqual([
        armed.key,
        ...answers.map(() => status),
      ]);
      expect(after).toHaveLength(2);
      expect([...new Set(answers.map(lasting))]).toHaveLength(1);
      expect(after[1]?.headers.get('idempotency-replayed')).toBe('true');
    }
  });

  it('leaves nothing owed and nothing reserved, also when nobody asks again', () => {
    // What was not committed is given up, and its key is not burnt: it was carried out when it was sent again.
    const uncommitted = alone.filter(({ stood }) => !stood.isCommitted);
    expect(openWhenAtRest).toEqual(keysOf(uncommitted));
    const points = uncommitted.map(({ armed }) => armed.point);
    for (const point of ['P0', 'P1', 'P2']) expect(points).toContain(point);
    expect(rounds.log.owed).toEqual([]);
  });

  it('has carried out each command once: the books are what was asked for', () => {
    const { log, books } = rounds;
    expect(log.faults()).toEqual([]);
    for (const { armed, kind } of [...sentAgain, ...alone]) {
      const logged = log.byKey.get(armed.key);
      expect([armed.key, logged?.outcomes]).toEqual([armed.key, [KINDS[kind].outcome]]);
      expect(logged?.transactionId).toBe(armed.transactionId);
    }
    for (const account of log.audit.accounts.values()) {
      const { accountId, balance, reserved } = account;
      expect({ accountId, balance, reserved }).toEqual({
        accountId,
        balance: books.balances.get(accountId) ?? 0n,
        reserved: books.reserved.get(accountId) ?? 0n,
      });
    }
  });
});

/** What of an answer must be the same for ever, to the byte: all but the id of the request it answers. */
function lasting({ text, json }: Answer): string {
  return typeof json['requestId'] === 'string' ? text.replace(json['requestId'], '') : text;
}
