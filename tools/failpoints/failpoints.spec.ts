import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import type { AppendOutcome, NewEvent } from '../../src/edges/event-store/event-store.js';
import { parseArmament, type Armed, type Point } from './armament.js';
import { Barrier } from './barrier.js';
import { StorePoints } from './store-points.js';

const METADATA = {
  ...{ $correlationId: 'c', $causationId: 'c', actor: 'spec', companyId: 'default' },
  ...{ requestId: 'r', schemaVersion: 1 },
};
const APPENDED: AppendOutcome = { kind: 'appended', revision: 0n, position: 1n };
const CONFLICT: AppendOutcome = { kind: 'conflict', actual: 0n };

function armed(point: Point, nth = 1, transactionId = 'one'): Armed {
  return { point, key: `key-${transactionId}`, transactionId, nth };
}

/** Appends of one process whose death is only written down. */
class Rig {
  readonly reached: string[] = [];
  readonly sent: string[] = [];
  deaths = 0;
  private readonly points: StorePoints;

  constructor(...all: readonly Armed[]) {
    const barrier = new Barrier(all, {
      reached: ({ key }) => this.reached.push(key),
      die: () => (this.deaths += 1),
    });
    this.points = new StorePoints(all, barrier);
  }

  /** @returns whether the append was answered */
  async append(type: string, data: object, outcome = APPENDED): Promise<boolean> {
    let isAnswered = false;
    const event: NewEvent = { id: type, type, data, metadata: METADATA };
    const answer = this.points.append([event], () => {
      this.sent.push(type);
      return Promise.resolve(outcome);
    });
    void answer.then(() => (isAnswered = true));
    await turn();
    return isAnswered;
  }
}

const ONE = { transactionId: 'one' };

describe('a failpoint', () => {
  it('stops before the nth reservation, which is then never sent', async () => {
    const rig = new Rig(armed('P1', 2));
    expect(await rig.append('FundsReserved', ONE)).toBe(true);
    expect(await rig.append('CaptureReserved', { transactionId: 'hold', captureId: 'one' })).toBe(false);
    expect(rig).toMatchObject({ sent: ['FundsReserved'], deaths: 1 });
  });

  it('stops after the nth reservation, which is never answered', async () => {
    const rig = new Rig(armed('P2', 1));
    expect(await rig.append('FundsReserved', ONE)).toBe(false);
    expect(rig).toMatchObject({ sent: ['FundsReserved'], deaths: 1 });
  });

  it('dies some turns after the commit was sent, whether it is taken or not', async () => {
    const rig = new Rig(armed('P3', 2));
    expect(await rig.append('TransactionPosted', ONE)).toBe(false);
    await turn();
    await turn();
    expect(rig).toMatchObject({ sent: ['TransactionPosted'], deaths: 1 });
  });

  it('stops once it is committed', async () => {
    const rig = new Rig(armed('P4'));
    expect(await rig.append('FundsReserved', ONE)).toBe(true);
    expect(await rig.append('TransactionAuthorized', ONE)).toBe(false);
    expect(rig).toMatchObject({ sent: ['FundsReserved', 'TransactionAuthorized'], deaths: 1 });
  });

  it('lets n steps of settling through, and no other', async () => {
    const rig = new Rig(armed('P5', 2));
    expect(await rig.append('EntryPosted', ONE)).toBe(true);
    expect(await rig.append('HoldCaptured', { transactionId: 'hold', captureId: 'one' })).toBe(false);
    expect(await rig.append('EntryPosted', ONE)).toBe(false);
    expect(rig.sent).toEqual(['EntryPosted', 'HoldCaptured']);
  });

  it('does not count an append that lost its race', async () => {
    const rig = new Rig(armed('P2', 1));
    expect(await rig.append('FundsReserved', ONE, CONFLICT)).toBe(true);
    expect(rig.deaths).toBe(0);
    expect(await rig.append('FundsReserved', ONE)).toBe(false);
    expect(rig.deaths).toBe(1);
  });

  it('leaves other commands alone', async () => {
    const rig = new Rig(armed('P4'));
    expect(await rig.append('TransactionPosted', { transactionId: 'two' })).toBe(true);
    expect(rig.reached).toEqual([]);
  });

  it('is a death only once every armed command stands at its point', async () => {
    const rig = new Rig(armed('P4'), armed('P2', 1, 'two'));
    await rig.append('TransactionPosted', ONE);
    expect(rig).toMatchObject({ reached: ['key-one'], deaths: 0 });
    await rig.append('FundsReserved', { transactionId: 'two' });
    expect(rig).toMatchObject({ reached: ['key-one', 'key-two'], deaths: 1 });
  });
});

describe('an armament', () => {
  it('is read back as it was written', () => {
    expect(parseArmament(JSON.stringify([armed('P7')]))).toEqual([armed('P7')]);
  });

  it.each(['[]', '{}', '[{"point":"P8","key":"k","transactionId":"t","nth":1}]', '[null]'])(
    'that would prove nothing is refused: %s',
    (text) => {
      expect(() => parseArmament(text)).toThrow('must be a list');
    },
  );
});
