import { decideChange } from '../../src/write/accounts/change-account/change-account.decide.js';
import { decideClose } from '../../src/write/accounts/close-account/close-account.decide.js';
import { decideFreeze } from '../../src/write/accounts/freeze-account/freeze-account.decide.js';
import { decideReopen } from '../../src/write/accounts/reopen-account/reopen-account.decide.js';
import { decideUnfreeze } from '../../src/write/accounts/unfreeze-account/unfreeze-account.decide.js';
import type { DecideAdministration } from '../../src/write/accounts/administration.js';
import { RecordActivitiesCommand } from '../../src/write/activities/record-activities/record-activities.command.js';
import { RecordActivitiesHandler } from '../../src/write/activities/record-activities/record-activities.handler.js';
import type { CommandContext } from '../../src/write/command.js';
import { DefineCounterCommand } from '../../src/write/counters/define-counter/define-counter.command.js';
import { DefineCounterHandler } from '../../src/write/counters/define-counter/define-counter.handler.js';
import { KnownCounters } from '../../src/write/counters/known-counters.js';
import { toInstant } from '../../src/kernel/clock.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import { Recovery } from '../../src/write/posting/recovery/recover.js';
import { InFlightTracker } from '../../src/write/posting/recovery/in-flight.js';
import { toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { HoldSide, leg } from '../support/hold-side.js';
import { InMemoryEventStore } from '../support/in-memory-event-store.js';
import { MortalStore } from '../support/mortal-store.js';

/** A stored event without what a store adds to it. */
export interface GoldenEvent {
  readonly stream: string;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

const DAY_MS = 86_400_000;

/**
 * A short history in which every type of event is written at least once, the same at each run: fixed clock, counted ids,
 * named keys. What it writes is what this version writes; the golden file beside it is what was written when it was released.
 */
export async function goldenHistory(): Promise<readonly GoldenEvent[]> {
  const store = new InMemoryEventStore();
  const time = { nowMs: Date.parse('2026-01-31T12:00:00.000Z') };
  let counted = 0;
  const ids = { newId: () => `00000000-0000-4000-8000-${(counted += 1).toString().padStart(12, '0')}` };
  const side = new HoldSide(store, time, ids);
  const key = (name: string): CommandContext => ({
    principal: { subject: 'golden', companyId: 'golden', roles: [] },
    requestId: `request ${name}`,
    correlationId: `correlation ${name}`,
    idempotencyKey: name,
  });
  const open = async (name: string, request: Parameters<HoldSide['open']>[0]): Promise<string> => {
    const outcome = await side.open({ name, ...request }, key(`open ${name}`));
    if (outcome.kind !== 'accepted') throw new Error(outcome.refusal.code);
    return outcome.body.accountId;
  };
  const administer = (accountId: string, name: string, decide: DecideAdministration): Promise<unknown> =>
    side.administration.run(key(name), accountId, name, {}, decide);

  const bank = await open('bank', { type: 'asset', overdraftLimit: null });
  const customer = await open('customer', { metadata: { tier: 'gold' } });
  const child = await open('child', { parentId: customer });
  const merchant = await open('merchant', {});

  await administer(merchant, 'change', decideChange({ name: 'Merchant', overdraftLimit: '50' }));
  await administer(merchant, 'freeze', decideFreeze({ reason: 'review' }));
  await administer(merchant, 'unfreeze', decideUnfreeze({ reason: null }));
  await administer(child, 'close', decideClose({ reason: 'unused' }));
  await administer(child, 'reopen', decideReopen({ reason: null }));

  await side.transfer({ from: bank, to: customer, amount: '1000' }, key('deposit'));
  const text = { description: 'Order 1', reference: 'order-1', metadata: { channel: 'web' } };
  const purchase = await side.transfer(
    { from: customer, to: merchant, amount: '300', ...text },
    key('purchase'),
  );
  await side.transfer({ from: customer, to: merchant, amount: '5000' }, key('overdraft'));
  if (purchase.kind !== 'accepted') throw new Error('The purchase was not posted.');
  const part = [
    { leg: 0, amount: '100' },
    { leg: 1, amount: '100' },
  ];
  await side.reverse(purchase.body.transactionId, { legs: part, effective: 'original' }, key('refund'));

  const hold = async (name: string, amount: string): Promise<string> => {
    const legs = [leg(customer, 'debit', amount), leg(merchant, 'credit', amount)];
    const outcome = await side.hold({ legs }, key(name));
    if (outcome.kind !== 'accepted') throw new Error(outcome.refusal.code);
    return outcome.body.holdId;
  };
  const captured = await hold('hold', '100');
  await side.increase(captured, [leg(customer, 'debit', '20')], key('increase'));
  await side.extend(captured, new Date(time.nowMs + 10 * DAY_MS).toISOString(), key('extend'));
  const legs = [leg(customer, 'debit', '110'), leg(merchant, 'credit', '110')];
  await side.capture(captured, { legs, final: true }, key('capture'));
  await side.void(await hold('hold to void', '10'), key('void'));
  const expiring = await hold('hold to expire', '10');

  await crashing(store, time, ids, (doomed) =>
    doomed.transfer({ from: customer, to: merchant, amount: '7' }, key('crashed transfer')),
  );
  await crashing(store, time, ids, (doomed) => doomed.capture(expiring, {}, key('crashed capture')));
  await crashing(store, time, ids, (doomed) =>
    doomed.increase(expiring, [leg(customer, 'debit', '3')], key('crashed increase')),
  );
  await crashing(store, time, ids, (doomed) =>
    doomed.reverse(purchase.body.transactionId, {}, key('crashed reversal')),
  );
  const recovery = new Recovery(store, side.executors, side.parents, { nowMs: () => time.nowMs }, NO_METRICS);
  const tracker = new InFlightTracker('start');
  for (const event of ledgerEvents(store)) tracker.apply(toLedgerEvent(event));
  for (const inFlight of [...tracker.all()]) await recovery.recover(inFlight);
  time.nowMs += 8 * DAY_MS;
  await side.expire(expiring);
  const conditions = [
    { accountId: customer, availableMin: '500', revision: null },
    { accountId: child, availableMin: null, revision: '3' },
  ];
  const conditional = { from: customer, to: merchant, amount: '5', conditions };
  await side.transfer(conditional, key('conditional transfer'));
  await countActivities(store, time, ids, key);
  return ledgerEvents(store).map(({ streamName: stream, id, type, data, metadata }) => ({
    stream,
    id,
    type,
    data,
    metadata,
  }));
}

/** Defines a counter and records what another one counts. */
async function countActivities(
  store: InMemoryEventStore,
  time: { nowMs: number },
  ids: { newId: () => string },
  key: (name: string) => CommandContext,
): Promise<void> {
  const known = new KnownCounters(store);
  const clock = { nowMs: () => time.nowMs };
  await new DefineCounterHandler(store, known, clock, ids).execute(
    new DefineCounterCommand(key('define'), {
      counter: 'sales-by-channel',
      by: ['currency', 'metadata.channel'],
      where: { kind: 'transfer', currency: null, direction: 'credit' },
    }),
  );
  const activity = { id: 'view-1', counter: 'page-views', key: 'home', occurredAt: toInstant(time.nowMs) };
  const activities = [
    { ...activity, value: '1' },
    { ...activity, id: 'view-2', value: '0' },
  ];
  await new RecordActivitiesHandler(store, known, clock, ids).execute(
    new RecordActivitiesCommand(key('activities'), { form: 'list', activities }),
  );
}

/** Runs a command in a process that dies before its first commit. */
async function crashing(
  store: InMemoryEventStore,
  time: { nowMs: number },
  ids: { newId: () => string },
  run: (doomed: HoldSide<MortalStore>) => Promise<unknown>,
): Promise<void> {
  const mortal = new MortalStore(store, {
    when: 'before',
    matches: (_stream, events) =>
      events.some(({ type }) => type === 'TransactionPosted' || type === 'TransactionAuthorized'),
  });
  await run(new HoldSide(mortal, time, ids)).catch(() => undefined);
}

function ledgerEvents(store: InMemoryEventStore) {
  return store.log.filter(({ streamName }) =>
    /^(?:account|transaction|accountCommand|counter|activities)-/.test(streamName),
  );
}
