import { expect } from '@jest/globals';
import type { NewEvent, RecordedEvent } from '../../src/edges/event-store/event-store.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { InFlightTracker } from '../../src/write/posting/recovery/in-flight.js';
import { InMemoryEventStore } from './in-memory-event-store.js';
import { MortalStore, type Death } from './mortal-store.js';
import { WriteSide, aContext } from './write-side.js';

/** Whether an append holds an event of a type. */
export const has = (type: string) => (_stream: string, events: readonly NewEvent[]) =>
  events.some((event) => event.type === type);

/** A customer's checked transfer whose process dies at one of its appends, and what it was. */
export async function aCrash(death: Death, amount = '400') {
  const store = new InMemoryEventStore();
  const side = new WriteSide(store);
  const bank = await side.opened({ type: 'asset', overdraftLimit: null });
  const customer = await side.opened();
  const merchant = await side.opened();
  await side.transfer({ from: bank, to: customer, amount: '1000' });
  const mortal = new MortalStore(store, death);
  const doomed = new WriteSide(mortal);
  const context = aContext();
  const request = { from: customer, to: merchant, amount };
  const died = await doomed.transfer(request, context).then(
    () => 'answered',
    () => 'died',
  );
  expect(mortal.dead).toBe(true);
  return { store, side, customer, merchant, context, request, died };
}

/** The events of accounts and transactions. */
function ledgerEvents(store: InMemoryEventStore): RecordedEvent[] {
  return store.log.filter((event) => /^(?:account|transaction)-/.test(event.streamName));
}

/** What is under way by everything a store holds. */
export function track(store: InMemoryEventStore): InFlightTracker {
  const tracker = new InFlightTracker('start');
  for (const event of ledgerEvents(store)) tracker.apply(toLedgerEvent(event));
  return tracker;
}
