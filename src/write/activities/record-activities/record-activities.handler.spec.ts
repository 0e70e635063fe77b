import { describe, expect, it } from '@jest/globals';
import { CounterSide } from '../../../../test/support/counter-side.js';
import { limits } from '../../../config/limits.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../../edges/event-store/event-store.js';
import { TooBusy } from '../../command.js';
import type { RecordedActivity } from '../events.js';

function some(count: number, counter = 'page-views'): RecordedActivity[] {
  return Array.from({ length: count }, (_, number) => ({
    id: `id-${number}`,
    counter,
    key: 'home',
    occurredAt: '2026-03-01T12:00:00.000Z',
    value: '1',
  }));
}

describe('recording activities', () => {
  it('stores one event, and answers with its position', async () => {
    const side = new CounterSide();
    const outcome = await side.record(some(3));
    const [event] = side.store.log;
    expect(side.store.log).toHaveLength(1);
    expect(outcome).toEqual({
      kind: 'accepted',
      body: { accepted: 3 },
      position: event?.position,
      replayed: false,
      settled: true,
    });
    expect(event).toMatchObject({ type: 'ActivitiesRecorded', data: { companyId: 'default' } });
  });

  it('spreads requests over all of the streams', async () => {
    const side = new CounterSide();
    for (let count = 0; count < 2 * limits.activityStreams; count += 1) await side.record(some(1));
    const streams = side.store.log.map(({ streamName }) => streamName);
    expect(new Set(streams)).toEqual(
      new Set(Array.from({ length: limits.activityStreams }, (_, index) => `activities-${index}`)),
    );
  });

  it('that is not known to be stored may be sent again: the same activities stand twice at most, to be counted once', async () => {
    const side = new CounterSide();
    side.store.afterAppend = () => {
      throw new AppendOutcomeUnknown('lost');
    };
    await expect(side.record(some(2))).rejects.toThrow(AppendOutcomeUnknown);
    side.store.afterAppend = () => undefined;
    expect(await side.record(some(2))).toMatchObject({ kind: 'accepted' });
    const [first, second] = side.store.log;
    expect(side.store.log).toHaveLength(2);
    expect(second?.data).toEqual(first?.data);
    expect(second?.id).not.toBe(first?.id);
  });

  it('fails whole when the store is away, and gives its room back', async () => {
    const side = new CounterSide();
    side.store.beforeAppend = () => {
      throw new EventStoreUnavailable('away');
    };
    const most = some(limits.activitiesInFlightMax);
    await expect(side.record(most)).rejects.toThrow(EventStoreUnavailable);
    expect(side.store.log).toHaveLength(0);
    side.store.beforeAppend = () => undefined;
    expect(await side.record(most)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused while as many are under way as there may be, and goes on after', async () => {
    const side = new CounterSide();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    side.store.beforeAppend = () => held;
    const underWay = side.record(some(limits.activitiesInFlightMax - 1));
    const last = side.record(some(1));
    await expect(side.record(some(1))).rejects.toThrow(TooBusy);
    release();
    await Promise.all([underWay, last]);
    expect(await side.record(some(1))).toMatchObject({ kind: 'accepted' });
    expect(side.store.log).toHaveLength(3);
  });
});

describe('the counter of a definition', () => {
  const derived = { kind: 'refused', refusal: { code: 'counter-is-derived' } };

  it('takes no activities in the process that defined it, nor in one that looks for it', async () => {
    const side = new CounterSide();
    const other = new CounterSide(side.store);
    await side.define('sales');
    expect(await side.record(some(1, 'sales'))).toMatchObject(derived);
    expect(await other.record([...some(40), ...some(1, 'sales')])).toMatchObject({
      ...derived,
      refusal: { pointer: '/activities/40/counter' },
    });
    expect(side.store.log).toHaveLength(1);
  });

  it('is closed at once in the process that defines it, whatever that believed before', async () => {
    const side = new CounterSide();
    expect(await side.record(some(1, 'sales'))).toMatchObject({ kind: 'accepted' });
    await side.define('sales');
    expect(await side.record(some(1, 'sales'))).toMatchObject(derived);
  });

  it("is its company's own", async () => {
    const side = new CounterSide();
    await side.define('sales');
    expect(await side.record(some(1, 'sales'), 'other')).toMatchObject({ kind: 'accepted' });
  });

  it('is looked for once, not with every request, and for many at a time', async () => {
    const side = new CounterSide();
    let looks = 0;
    const { store } = side;
    const exists = store.exists.bind(store);
    store.exists = (streamName) => {
      looks += 1;
      return exists(streamName);
    };
    const many = Array.from({ length: 100 }, (_, number) => some(1, `views-${number}`)).flat();
    await side.record(many);
    await side.record(many);
    expect(looks).toBe(100);
  });

  it('is not guessed about while the store can not be asked', async () => {
    const side = new CounterSide();
    side.store.exists = () => Promise.reject(new EventStoreUnavailable('away'));
    await expect(side.record(some(1))).rejects.toThrow(EventStoreUnavailable);
    expect(side.store.log).toHaveLength(0);
  });
});
