import { describe, expect, it } from '@jest/globals';
import { idOf, opened } from '../../../test/support/account-history.js';
import { STREAM, openIn, releasing, reserving } from '../../../test/support/account-tasks.js';
import { HeldReadsStore } from '../../../test/support/held-reads-store.js';
import { HoldSide, leg } from '../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { aContext } from '../../../test/support/write-side.js';
import { limits } from '../../config/limits.js';
import { AMOUNT_DIGITS_MAX } from '../../kernel/money.js';
import { SharedMap } from '../../kernel/shared-map.js';
import { NO_METRICS } from '../metrics.js';
import { ACCOUNT_STREAM_PREFIX } from './events.js';
import { AccountExecutors } from './executors.js';
import { ACCOUNT_SNAPSHOT } from './snapshot.js';
import { evolve, type AccountState } from './state.js';

const ACCOUNT = STREAM.slice(ACCOUNT_STREAM_PREFIX.length);
const MAX = limits.openReservationsMax;

describe('an account with as many open reservations as it may have', () => {
  it('is opened by few events, and refuses one more until one has ended', async () => {
    const store = new HeldReadsStore();
    await openIn(store, { overdraftLimit: null });
    const writer = new AccountExecutors(store, NO_METRICS);
    for (let made = 0; made < MAX; made += limits.flushTasksMax) {
      const names = Array.from(
        { length: Math.min(limits.flushTasksMax, MAX - made) },
        (_, i) => `${made + i}`,
      );
      await Promise.all(names.map((name) => writer.execute(ACCOUNT, reserving(name, 1n))));
    }
    let eventsRead = 0;
    store.afterRead = (stream, _options, page) => {
      if (stream === STREAM) eventsRead += page.events.length;
    };
    const reader = new AccountExecutors(store, NO_METRICS);
    const known = await reader.read(ACCOUNT, { current: false });
    expect(known?.state.reservations.size).toBe(MAX);
    expect(eventsRead).toBeLessThanOrEqual(limits.openEventsMax + 1);
    const refusal = { code: 'account-has-too-many-reservations' };
    expect(await reader.execute(ACCOUNT, reserving('one more', 1n))).toMatchObject({ result: { refusal } });
    await reader.execute(ACCOUNT, releasing('7'));
    expect(await reader.execute(ACCOUNT, reserving('one more', 1n))).toMatchObject({ result: { ok: true } });
  });

  it('fits its snapshot, whatever its texts and amounts are', () => {
    const account: AccountState = {
      ...evolve(null, opened({ name: '"'.repeat(limits.nameCharsMax) })),
      ancestorIds: Array.from({ length: limits.hierarchyDepthMax }, (_, i) => idOf(`${i}`)),
      metadata: Object.fromEntries(
        Array.from({ length: limits.metadataKeysMax }, (_, i) => [
          `${i}`.padStart(limits.metadataKeyCharsMax, '"'),
          '\\'.repeat(limits.metadataValueCharsMax),
        ]),
      ),
      reservations: SharedMap.of(
        Array.from({ length: MAX }, (_, i) => [
          idOf(`${i}`),
          {
            transactionId: idOf('t'),
            attemptId: idOf('a'),
            leg: 99,
            amount: 10n ** BigInt(AMOUNT_DIGITS_MAX) - 1n,
            releases: [],
          },
        ]),
      ),
    };
    const kept = JSON.stringify({ state: ACCOUNT_SNAPSHOT.encode(account) });
    expect(kept.length).toBeLessThanOrEqual(limits.snapshotCharsMax);
    const { state } = JSON.parse(kept) as { state: unknown };
    expect(ACCOUNT_SNAPSHOT.decode(state)).toEqual(account);
  });

  it('refuses a hold for now only: nothing is recorded, and the same request goes through once there is room', async () => {
    const side = new HoldSide(new InMemoryEventStore());
    const customer = await side.opened({ overdraftLimit: null });
    const merchant = await side.opened({ overdraftLimit: null });
    const legs = Array.from({ length: limits.legsMax }, () => leg(customer, 'debit', '1'));
    const first = await side.held({ legs });
    for (let made = legs.length; made < MAX; made += legs.length) await side.held({ legs });
    const context = aContext();
    const request = { legs: [leg(merchant, 'debit', '1'), leg(customer, 'debit', '1')] };
    expect(await side.hold(request, context)).toEqual({
      kind: 'refused',
      position: null,
      replayed: false,
      refusal: {
        code: 'account-has-too-many-reservations',
        pointer: '/legs/1/accountId',
        details: { accountId: customer, reservationsMax: MAX.toString() },
      },
    });
    expect(await side.money(merchant)).toMatchObject({ reserved: 0n });
    await side.void(first);
    expect(await side.hold(request, context)).toMatchObject({ kind: 'accepted', replayed: false });
  });
});
