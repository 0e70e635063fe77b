import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { commandsOf } from '../../../test/support/account-commands.js';
import { booking } from '../../../test/support/account-tasks.js';
import { Gate } from '../../../test/support/held-reads-store.js';
import { WriteSide, aContext } from '../../../test/support/write-side.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { limits } from '../../config/limits.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../edges/event-store/event-store.js';
import { assert } from '../../kernel/assert.js';
import type { CommandOutcome } from '../command.js';
import type { AccountView } from './account-view.js';
import { accountStream } from './events.js';

async function anAccount(overrides: Parameters<WriteSide['opened']>[0] = {}) {
  const side = new WriteSide(new InMemoryEventStore());
  const accountId = await side.opened(overrides);
  return { side, store: side.store, accountId, commands: commandsOf(side) };
}

function bodyOf(outcome: CommandOutcome<AccountView>): AccountView {
  assert(outcome.kind === 'accepted', 'It was expected to be accepted.');
  return outcome.body;
}

function typesIn(store: InMemoryEventStore, accountId: string): string[] {
  return store.log
    .filter(({ streamName }) => streamName === accountStream(accountId))
    .map(({ type }) => type);
}

describe('an administrative command', () => {
  it('answers the account as it stands after it, at the position of its own event', async () => {
    const { store, accountId, commands } = await anAccount({ name: 'Customer' });
    const outcome = await commands.freeze(aContext(), accountId, 'court order');
    expect(outcome).toMatchObject({ kind: 'accepted', replayed: false, settled: true });
    expect(bodyOf(outcome)).toMatchObject({ accountId, name: 'Customer', status: 'frozen', revision: '1' });
    expect(outcome.position).toBe(store.log.at(-1)?.position);
    expect(store.log.at(-1)).toMatchObject({ type: 'AccountFrozen', data: { reason: 'court order' } });
  });

  it('that takes two events appends them together and answers what both left', async () => {
    const { store, accountId, commands } = await anAccount();
    const outcome = await commands.change(aContext(), accountId, { name: 'New', overdraftLimit: '70' });
    expect(bodyOf(outcome)).toMatchObject({ name: 'New', overdraftLimit: '70', revision: '2' });
    expect(outcome.position).toBe(store.log.at(-1)?.position);
    const closed = await commands.close(aContext(), accountId);
    expect(bodyOf(closed)).toMatchObject({ status: 'closed', revision: '4' });
  });

  it('says in its events who asked, for which company, and because of what', async () => {
    const { store, accountId, commands } = await anAccount();
    const context = aContext();
    await commands.freeze(context, accountId);
    const [claim, frozen] = store.log.slice(-2);
    expect(claim?.metadata).toEqual(frozen?.metadata);
    expect(frozen?.metadata).toMatchObject({
      $correlationId: context.correlationId,
      actor: context.principal.subject,
      companyId: context.principal.companyId,
      requestId: context.requestId,
    });
  });

  it('on an account that does not exist, or is not of this company, finds none and stores nothing', async () => {
    const { side, store, accountId, commands } = await anAccount();
    const before = store.log.length;
    const stranger = aContext({ principal: { subject: 's', companyId: 'other', roles: [] } });
    const unknown = randomUUID();
    expect(await commands.freeze(stranger, accountId)).toEqual({
      kind: 'refused',
      refusal: { code: 'account-must-exist', pointer: null, details: { accountId } },
      position: null,
      replayed: false,
    });
    expect(await commands.freeze(aContext(), unknown)).toMatchObject({
      refusal: { code: 'account-must-exist', details: { accountId: unknown } },
    });
    expect(store.log.length).toBe(before);
    expect(await side.executors.read(accountId, { current: true })).toMatchObject({
      state: { status: 'open' },
    });
  });
});

describe('an administrative command among the entries of its account', () => {
  it('answers its own position and the revision of its own event, though others wait with it', async () => {
    const { side, store, accountId, commands } = await anAccount();
    const append = new Gate();
    store.beforeAppend = (streamName) => (streamName.startsWith('account-') ? append.wait() : undefined);
    const book = (name: string) => side.executors.execute(accountId, booking(name, 1n));
    const before = book('goes first');
    await append.reached;
    const command = commands.change(aContext(), accountId, { name: 'New' });
    // The claim is made meanwhile, and the command waits behind the entry.
    await new Promise(setImmediate);
    const after = [book('waits with it'), book('too')];
    append.open();
    const outcome = await command;
    await Promise.all([before, ...after]);
    const event = store.log.find(({ type }) => type === 'AccountMetadataChanged');
    expect(outcome.position).toBe(event?.position);
    expect(bodyOf(outcome).revision).toBe('2');
    expect(typesIn(store, accountId)).toEqual([
      'AccountOpened',
      'EntryPosted',
      'AccountMetadataChanged',
      'EntryPosted',
      'EntryPosted',
    ]);
  });
});

describe('the same key again', () => {
  it.each(['this process', 'another process', 'a restarted process'])(
    'gives the frozen answer from %s, whatever happened to the account since',
    async (where) => {
      const { side, store, accountId, commands } = await anAccount();
      const other = commandsOf(new WriteSide(store));
      if (where === 'another process') await other.change(aContext(), accountId, { name: 'Before' });
      const context = aContext();
      const first = await commands.freeze(context, accountId, 'court order');
      await commands.unfreeze(aContext(), accountId);
      await commands.change(aContext(), accountId, { name: 'Renamed since' });
      const again =
        where === 'this process'
          ? commands
          : where === 'another process'
            ? other
            : commandsOf(new WriteSide(store));
      expect(await again.freeze(context, accountId, 'court order')).toEqual({ ...first, replayed: true });
      expect(await side.executors.read(accountId, { current: true })).toMatchObject({
        state: { status: 'open' },
      });
    },
  );

  it('is known as a replay by a process that has not seen the first', async () => {
    const { store, accountId, commands } = await anAccount();
    const other = commandsOf(new WriteSide(store));
    await other.change(aContext(), accountId, { name: 'Both know the account' });
    const context = aContext();
    const first = await commands.freeze(context, accountId);
    expect(await other.freeze(context, accountId)).toEqual({ ...first, replayed: true });
    expect(typesIn(store, accountId).filter((type) => type === 'AccountFrozen')).toHaveLength(1);
  });

  it('has one first answer, even when two processes carry the command out at once', async () => {
    const { store, accountId, commands } = await anAccount();
    const other = commandsOf(new WriteSide(store));
    await other.change(aContext(), accountId, { name: 'Both know the account' });
    await commands.change(aContext(), accountId, { name: 'Both know it as it is' });
    const [one, two] = [aContext({ idempotencyKey: 'both' }), aContext({ idempotencyKey: 'both' })];
    const both = new Gate();
    let arrived = 0;
    store.beforeAppend = async (_stream, [event]) => {
      // Both have decided before either has appended.
      if (event?.type !== 'AccountFrozen') return;
      arrived += 1;
      if (arrived === 2) both.open();
      await both.wait();
    };
    const answers = await Promise.all([commands.freeze(one, accountId), other.freeze(two, accountId)]);
    expect(arrived).toBe(2);
    expect(answers.map((answer) => answer.replayed).sort()).toEqual([false, true]);
    expect({ ...answers[0], replayed: true }).toEqual({ ...answers[1], replayed: true });
    expect(typesIn(store, accountId).filter((type) => type === 'AccountFrozen')).toHaveLength(1);
  });

  it('gives the frozen answer of a command that took two events', async () => {
    const { store, accountId, commands } = await anAccount();
    const context = aContext();
    const first = await commands.close(context, accountId);
    await commands.reopen(aContext(), accountId);
    const again = await commandsOf(new WriteSide(store)).close(context, accountId);
    expect(again).toEqual({ ...first, replayed: true });
    expect(bodyOf(again).status).toBe('closed');
  });

  it('finds an event older than the executor remembers', async () => {
    const { side, accountId, commands } = await anAccount({ type: 'asset', overdraftLimit: null });
    const to = await side.opened();
    const context = aContext();
    const first = await commands.change(context, accountId, { name: 'Long ago' });
    const many = limits.recentEventIdsMax + 10;
    await Promise.all(
      Array.from({ length: many }, () => side.transfer({ from: accountId, to, amount: '1' })),
    );
    const again = await commands.change(context, accountId, { name: 'Long ago' });
    expect(again).toEqual({ ...first, replayed: true });
    expect(await side.money(accountId)).toMatchObject({ entries: many });
  });

  it('with another request is refused and names the fields, even after a refusal', async () => {
    const { store, accountId, commands } = await anAccount();
    const context = aContext();
    await commands.change(context, accountId, { name: 'One', overdraftLimit: '5' });
    const before = store.log.length;
    expect(await commands.change(context, accountId, { name: 'Two', metadata: {} })).toEqual({
      kind: 'refused',
      refusal: {
        code: 'idempotency-key-reused',
        pointer: null,
        details: { fields: '/metadata,/name,/overdraftLimit' },
      },
      position: null,
      replayed: false,
    });
    expect(store.log.length).toBe(before);
  });

  it('with another command is refused: one key, one command', async () => {
    const { accountId, commands } = await anAccount();
    const context = aContext();
    await commands.freeze(context, accountId);
    expect(await commands.unfreeze(context, accountId)).toMatchObject({
      refusal: { code: 'idempotency-key-reused', details: { fields: '/command' } },
    });
  });

  it('on another account is another command', async () => {
    const { side, accountId, commands } = await anAccount();
    const other = await side.opened();
    const context = aContext();
    const outcomes = [await commands.freeze(context, accountId), await commands.freeze(context, other)];
    expect(outcomes).toMatchObject([
      { kind: 'accepted', replayed: false },
      { kind: 'accepted', replayed: false },
    ]);
  });

  it('after a refusal is decided anew: a refusal is not final', async () => {
    const { store, accountId, commands } = await anAccount();
    const context = aContext();
    expect(await commands.unfreeze(context, accountId)).toMatchObject({
      refusal: { code: 'account-is-not-frozen' },
      position: null,
      replayed: false,
    });
    await commands.freeze(aContext(), accountId);
    const accepted = await commands.unfreeze(context, accountId);
    expect(accepted).toMatchObject({ kind: 'accepted', replayed: false, body: { status: 'open' } });
    await commands.freeze(aContext(), accountId);
    expect(await commands.unfreeze(context, accountId)).toEqual({ ...accepted, replayed: true });
    expect(typesIn(store, accountId).at(-1)).toBe('AccountFrozen');
  });
});

describe('a command that many send at once', () => {
  it.each([1, 3])('from %i processes applies once, and all get the same answer', async (count) => {
    const { side, store, accountId } = await anAccount();
    const others = Array.from({ length: count - 1 }, () => new WriteSide(store));
    const context = aContext();
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => [side, ...others])
        .flat()
        .map((process) => commandsOf(process).freeze(context, accountId)),
    );
    expect(new Set(outcomes.map((outcome) => JSON.stringify(bodyOf(outcome)))).size).toBe(1);
    expect(new Set(outcomes.map(({ position }) => position)).size).toBe(1);
    expect(typesIn(store, accountId)).toEqual(['AccountOpened', 'AccountFrozen']);
  });

  it('under different keys is decided one after the other: the first wins, the rest are refused', async () => {
    const { side, store, accountId } = await anAccount();
    const processes = [side, new WriteSide(store), new WriteSide(store)];
    const outcomes = await Promise.all(
      processes.map((process) => commandsOf(process).freeze(aContext(), accountId)),
    );
    expect(
      outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.refusal.code : 'accepted')).sort(),
    ).toEqual(['accepted', 'account-is-already-frozen', 'account-is-already-frozen']);
  });
});

describe('another process that changed the account', () => {
  it('is not contradicted by a refusal from an older view', async () => {
    const { store, accountId, commands } = await anAccount();
    const other = commandsOf(new WriteSide(store));
    await commands.freeze(aContext(), accountId);
    await other.unfreeze(aContext(), accountId);
    expect(await commands.freeze(aContext(), accountId)).toMatchObject({ kind: 'accepted' });
  });
});

describe('a crash', () => {
  const accountAppend = (streamName: string): boolean => streamName.startsWith('account-');
  const claimAppend = (streamName: string): boolean => streamName.startsWith('accountCommand-');

  it.each([
    ['before the claim', 'beforeAppend', claimAppend],
    ['after the claim', 'afterAppend', claimAppend],
    ['before the event', 'beforeAppend', accountAppend],
    ['after the event', 'afterAppend', accountAppend],
  ] as const)('%s: the retry applies the command once', async (_, hook, matches) => {
    for (const lost of [new AppendOutcomeUnknown('lost'), new EventStoreUnavailable('away')]) {
      const { store, accountId, commands } = await anAccount();
      const context = aContext();
      let crashes = 0;
      store[hook] = (streamName) => {
        if (!matches(streamName)) return;
        crashes += 1;
        throw lost;
      };
      await expect(
        commands.change(context, accountId, { name: 'New', overdraftLimit: '5' }),
      ).rejects.toThrow();
      expect(crashes).toBe(1);
      store[hook] = () => undefined;
      const restarted = commandsOf(new WriteSide(store));
      const retried = await restarted.change(context, accountId, { name: 'New', overdraftLimit: '5' });
      expect(bodyOf(retried)).toMatchObject({ name: 'New', overdraftLimit: '5', revision: '2' });
      expect(await commands.change(context, accountId, { name: 'New', overdraftLimit: '5' })).toEqual({
        ...retried,
        replayed: true,
      });
      expect(typesIn(store, accountId)).toEqual([
        'AccountOpened',
        'OverdraftLimitChanged',
        'AccountMetadataChanged',
      ]);
    }
  });

  it('after the claim, and then a change by somebody else: the retry is decided on the account as it is', async () => {
    const { store, accountId, commands } = await anAccount();
    const context = aContext();
    store.beforeAppend = (streamName) => {
      if (accountAppend(streamName)) throw new EventStoreUnavailable('away');
    };
    await expect(commands.freeze(context, accountId)).rejects.toThrow(EventStoreUnavailable);
    store.beforeAppend = () => undefined;
    const other = commandsOf(new WriteSide(store));
    await other.freeze(aContext(), accountId);
    expect(await commands.freeze(context, accountId)).toMatchObject({
      refusal: { code: 'account-is-already-frozen' },
    });
    await other.unfreeze(aContext(), accountId);
    expect(await commands.freeze(context, accountId)).toMatchObject({ kind: 'accepted', replayed: false });
  });
});

describe('closing an account', () => {
  it('with a reservation in flight is done by the entry that ends it; meanwhile new transactions are refused', async () => {
    const { side, store, accountId, commands } = await anAccount();
    const bank = await side.opened({ type: 'asset', overdraftLimit: null });
    await side.transfer({ from: bank, to: accountId, amount: '40' });
    // The commit is lost on its way: the funds stay reserved until the retry.
    const context = aContext();
    const transfer = { from: accountId, to: bank, amount: '40' };
    store.beforeAppend = (streamName) => {
      if (streamName.startsWith('transaction-')) throw new AppendOutcomeUnknown('lost');
    };
    await expect(side.transfer(transfer, context)).rejects.toThrow();
    store.beforeAppend = () => undefined;
    const closing = await commands.close(aContext(), accountId);
    expect(bodyOf(closing)).toMatchObject({ status: 'closing' });
    expect(await side.transfer({ from: bank, to: accountId, amount: '1' })).toMatchObject({
      refusal: { code: 'account-must-not-be-closing' },
    });
    expect(await commands.close(aContext(), accountId)).toMatchObject({
      refusal: { code: 'account-is-already-closing', details: { status: 'closing' } },
    });
    expect(await commands.reopen(aContext(), accountId)).toMatchObject({ body: { status: 'open' } });
  });

  it('whose money is still there is refused, and can be asked again with the same key', async () => {
    const { side, accountId, commands } = await anAccount();
    const bank = await side.opened({ type: 'asset', overdraftLimit: null });
    await side.transfer({ from: bank, to: accountId, amount: '40' });
    const context = aContext();
    expect(await commands.close(context, accountId)).toMatchObject({
      refusal: { code: 'account-balance-must-be-zero', details: { balance: '40' } },
    });
    await side.transfer({ from: accountId, to: bank, amount: '40' });
    expect(await commands.close(context, accountId)).toMatchObject({ body: { status: 'closed' } });
  });
});
