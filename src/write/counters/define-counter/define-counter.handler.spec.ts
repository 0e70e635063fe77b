import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { InMemoryEventStore } from '../../../../test/support/in-memory-event-store.js';
import { aContext } from '../../../../test/support/write-side.js';
import { AppendOutcomeUnknown } from '../../../edges/event-store/event-store.js';
import { counterIdOf } from '../../identity.js';
import { KnownCounters } from '../known-counters.js';
import { DefineCounterCommand, type DefineCounterRequest } from './define-counter.command.js';
import { DefineCounterHandler } from './define-counter.handler.js';

const NOWHERE = { kind: null, currency: null, direction: null };

function aDefiner(store: InMemoryEventStore) {
  const nowMs = Date.parse('2026-03-01T12:00:00.000Z');
  const ids = { newId: () => randomUUID() };
  const handler = new DefineCounterHandler(store, new KnownCounters(store), { nowMs: () => nowMs }, ids);
  return (request: Partial<DefineCounterRequest> = {}, companyId = 'default') => {
    const principal = { subject: 's', companyId, roles: [] };
    const definition = { counter: 'sales', by: ['currency', 'kind'] as const, where: NOWHERE, ...request };
    return handler.execute(new DefineCounterCommand(aContext({ principal }), definition));
  };
}

describe('defining a counter', () => {
  it('creates its stream, which its company and name lead to', async () => {
    const store = new InMemoryEventStore();
    const outcome = await aDefiner(store)();
    const counterId = counterIdOf('default', 'sales');
    const body = {
      counter: 'sales',
      by: ['currency', 'kind'],
      where: NOWHERE,
      definedAt: '2026-03-01T12:00:00.000Z',
    };
    const [event] = store.log;
    expect(outcome).toMatchObject({ kind: 'accepted', body, position: event?.position, replayed: false });
    expect(event).toMatchObject({
      streamName: `counter-${counterId}`,
      type: 'CounterDefined',
      data: { ...body, counterId, companyId: 'default' },
    });
  });

  it('again, in any process, changes nothing and gives the first answer', async () => {
    const store = new InMemoryEventStore();
    const first = await aDefiner(store)();
    expect(await aDefiner(store)()).toEqual({ ...first, replayed: true });
    expect(store.log).toHaveLength(1);
  });

  it('otherwise is refused, and names what differs', async () => {
    const store = new InMemoryEventStore();
    const define = aDefiner(store);
    await define();
    const where = { ...NOWHERE, currency: 'EUR' };
    expect(await define({ by: ['kind', 'currency'], where })).toEqual({
      kind: 'refused',
      refusal: {
        code: 'counter-defined-otherwise',
        pointer: null,
        details: { counter: 'sales', fields: '/by/0,/by/1,/where/currency' },
      },
      position: null,
      replayed: false,
    });
    expect(store.log).toHaveLength(1);
  });

  it('of another company is another counter', async () => {
    const store = new InMemoryEventStore();
    const define = aDefiner(store);
    await define();
    expect(await define({ by: ['account'] }, 'other')).toMatchObject({ kind: 'accepted', replayed: false });
  });

  it('a hundred times at once defines it once', async () => {
    const store = new InMemoryEventStore();
    const processes = [aDefiner(store), aDefiner(store)];
    const work = Array.from({ length: 50 }, () => processes.map((define) => define())).flat();
    const outcomes = await Promise.all(work);
    expect(outcomes.filter(({ kind, replayed }) => kind === 'accepted' && !replayed)).toHaveLength(1);
    expect(store.log).toHaveLength(1);
  });

  it('whose answer is lost may be sent again', async () => {
    const store = new InMemoryEventStore();
    store.afterAppend = () => {
      throw new AppendOutcomeUnknown('lost');
    };
    const define = aDefiner(store);
    await expect(define()).rejects.toThrow(AppendOutcomeUnknown);
    store.afterAppend = () => undefined;
    expect(await define()).toMatchObject({ kind: 'accepted', replayed: true });
    expect(store.log).toHaveLength(1);
  });

  it.each([
    [{ counter: 'ledger-sales', where: { ...NOWHERE, currency: 'XXQ' } }, 'counter-name-is-reserved'],
    [{ counter: 'ledger-postings' }, 'counter-name-is-reserved'],
    [{ where: { ...NOWHERE, currency: 'XXQ' } }, 'currency-must-exist'],
  ])('that no rule allows stores nothing: %j', async (request, code) => {
    const store = new InMemoryEventStore();
    expect(await aDefiner(store)(request)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(store.log).toHaveLength(0);
  });
});
