import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { byCommand } from '../../../../test/support/account-history.js';
import { asNew } from '../../../../test/support/account-tasks.js';
import { HeldReadsStore } from '../../../../test/support/held-reads-store.js';
import { WriteSide, aContext } from '../../../../test/support/write-side.js';
import { limits } from '../../../config/limits.js';
import { AppendOutcomeUnknown, EventStoreUnavailable } from '../../../edges/event-store/event-store.js';
import type { CommandOutcome } from '../../command.js';
import { accountIdOf } from '../../identity.js';
import type { AccountView } from '../account-view.js';
import { accountStream } from '../events.js';

function aSide(): WriteSide<HeldReadsStore> {
  return new WriteSide(new HeldReadsStore());
}

function codeOf(outcome: CommandOutcome<unknown>): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : 'accepted';
}

/** Closes an account that was only opened, as another process would. */
async function closed({ store }: WriteSide<HeldReadsStore>, accountId: string): Promise<void> {
  const appended = await store.append(accountStream(accountId), 0n, [
    asNew('closing', { type: 'AccountClosing', data: { ...byCommand('close'), reason: null } }),
    asNew('closed', { type: 'AccountClosed', data: byCommand('close') }),
  ]);
  expect(appended.kind).toBe('appended');
}

describe('opening an account', () => {
  it('creates its stream under an id that comes from the company and the key', async () => {
    const side = aSide();
    const outcome = await side.open({ name: 'Customer', currency: 'EUR' }, { idempotencyKey: 'key' });
    const accountId = accountIdOf('default', 'key');
    expect(outcome).toEqual({
      kind: 'accepted',
      body: {
        accountId,
        name: 'Customer',
        type: 'liability',
        currency: 'EUR',
        exponent: 2,
        parentId: null,
        overdraftLimit: '0',
        metadata: {},
        status: 'open',
        openedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        revision: '0',
      },
      position: side.store.log[0]?.position,
      replayed: false,
      settled: true,
    });
    expect(side.store.log).toHaveLength(1);
    expect(side.store.log[0]).toMatchObject({
      type: 'AccountOpened',
      streamName: `account-${accountId}`,
      data: { idempotencyKey: 'key', companyId: 'default' },
    });
  });

  it('that is refused stores nothing, and leaves the key free for another try', async () => {
    const side = aSide();
    const context = aContext();
    expect(await side.open({ currency: 'XXQ' }, context)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'currency-must-exist', pointer: '/currency' },
      position: null,
    });
    expect(side.store.log).toHaveLength(0);
    expect(await side.open({ currency: 'EUR' }, context)).toMatchObject({
      kind: 'accepted',
      replayed: false,
    });
  });

  it("below another company's account finds no such parent", async () => {
    const side = aSide();
    const parentId = await side.opened();
    const stranger = aContext({ principal: { subject: 's', companyId: 'other', roles: [] } });
    expect(await side.open({ parentId }, stranger)).toMatchObject({
      refusal: { code: 'parent-must-exist', pointer: '/parentId', details: { parentId } },
    });
    expect(codeOf(await side.open({ parentId: randomUUID() }))).toBe('parent-must-exist');
  });

  it('below a parent that another process has closed meanwhile is refused', async () => {
    const side = aSide();
    const parentId = await side.opened();
    await side.executors.read(parentId, { current: true });
    await closed(side, parentId);
    expect(codeOf(await side.open({ parentId }))).toBe('parent-must-be-open');
  });

  it('goes as deep as it may and no deeper', async () => {
    const side = aSide();
    let parentId = await side.opened();
    for (let depth = 1; depth <= limits.hierarchyDepthMax; depth += 1)
      parentId = await side.opened({ parentId });
    expect(codeOf(await side.open({ parentId }))).toBe('hierarchy-too-deep');
  });
});

describe('the same key again', () => {
  it.each(['this process', 'another process'])(
    'gives the first answer from %s, and says so',
    async (where) => {
      const side = aSide();
      const context = aContext();
      const first = await side.open({ name: 'Customer' }, context);
      await closed(side, first.kind === 'accepted' ? first.body.accountId : '');
      const again = where === 'this process' ? side : new WriteSide(side.store);
      expect(await again.open({ name: 'Customer' }, context)).toEqual({ ...first, replayed: true });
    },
  );

  it('with another request is refused, and names the fields that differ', async () => {
    const side = aSide();
    const context = aContext();
    await side.open({ name: 'Customer', metadata: { tier: 'gold' } }, context);
    const before = side.store.log.length;
    expect(await side.open({ name: 'Merchant', overdraftLimit: null }, context)).toEqual({
      kind: 'refused',
      refusal: {
        code: 'idempotency-key-reused',
        pointer: null,
        details: { fields: '/metadata/tier,/name,/overdraftLimit' },
      },
      position: null,
      replayed: false,
    });
    expect(side.store.log.length).toBe(before);
  });

  it('with another request that would be refused anyway is told about its key first', async () => {
    const side = aSide();
    const context = aContext();
    await side.open({}, context);
    expect(codeOf(await side.open({ currency: 'XXQ' }, context))).toBe('idempotency-key-reused');
  });

  it('gives the first answer though the same request would be refused now', async () => {
    const side = aSide();
    const parentId = await side.opened();
    const context = aContext();
    const first = await side.open({ parentId }, context);
    await closed(side, parentId);
    expect(await side.open({ parentId }, context)).toEqual({ ...first, replayed: true });
    expect(codeOf(await side.open({ parentId }))).toBe('parent-must-be-open');
  });

  it('a hundred times at once, from three processes, opens one account, and one of them was the first', async () => {
    const side = aSide();
    const processes = [side, new WriteSide(side.store), new WriteSide(side.store)];
    const context = aContext();
    const outcomes = await Promise.all(
      Array.from({ length: 33 }, () => processes)
        .flat()
        .map((process) => process.open({}, context)),
    );
    const views = outcomes.map((outcome): AccountView | null =>
      outcome.kind === 'accepted' ? outcome.body : null,
    );
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(1);
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(side.store.log).toHaveLength(1);
  });

  it.each([new AppendOutcomeUnknown('lost'), new EventStoreUnavailable('away')])(
    'after a crash opens the account once: %s',
    async (lost) => {
      for (const hook of ['beforeAppend', 'afterAppend'] as const) {
        const side = aSide();
        const context = aContext();
        side.store[hook] = () => {
          throw lost;
        };
        await expect(side.open({}, context)).rejects.toThrow(lost);
        side.store[hook] = () => undefined;
        const retried = await new WriteSide(side.store).open({}, context);
        expect(retried).toMatchObject({ kind: 'accepted', body: { revision: '0' } });
        expect(await side.open({}, context)).toEqual({ ...retried, replayed: true });
        expect(side.store.log).toHaveLength(1);
      }
    },
  );
});
