import { describe, expect, it } from '@jest/globals';
import type { CommandBus, ICommand } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import { limits } from '../../config/limits.js';
import { CarryOut } from './carry-out.js';
import { Places } from './places.js';

const CALLER = {
  context: {
    principal: { subject: 'anonymous', companyId: 'default', roles: [] },
    requestId: 'request',
    correlationId: 'request',
  },
  instance: '/v1/transactions/bulk',
  onFailure: () => undefined,
};

/** Commands that are under way until the spec says how long it took; then all are done. */
class SlowBus {
  begun = 0;
  private nowMs = 0;
  private waiting: (() => void)[] = [];
  readonly bus = { execute: (_: ICommand) => this.execute() } as unknown as CommandBus;
  readonly patience = { elapsedMs: () => this.nowMs };

  /** Lets time go by. */
  passes(ms: number): void {
    this.nowMs += ms;
  }

  /** Ends what is under way, after so long, and lets what follows begin. */
  async takes(ms: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.passes(ms);
    for (const done of this.waiting.splice(0)) done();
    await new Promise((resolve) => setImmediate(resolve));
  }

  private async execute(): Promise<object> {
    this.begun += 1;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return { kind: 'accepted', body: {}, position: 1n, replayed: false, settled: true };
  }
}

function item(): object {
  const transfer = { from: randomUUID(), to: randomUUID(), amount: '1', currency: 'USD' };
  return { idempotencyKey: randomUUID(), transfer };
}

describe('the commands of a bulk request', () => {
  const AT_ONCE = limits.bulkCommandsAtOnceMax;
  const BEGIN_MS_MAX = limits.bulkTimeoutMs - limits.commandTimeoutMs;

  it('that could not be begun in time are never begun, and may be sent again', async () => {
    const slow = new SlowBus();
    const carryOut = new CarryOut(slow.bus, CALLER, new Places(1), slow.patience);
    const items = Array.from({ length: 3 * AT_ONCE }, () => item());
    const results = Promise.all(items.map((each, index) => carryOut.item(index, each)));
    await slow.takes(BEGIN_MS_MAX);
    expect(slow.begun).toBe(2 * AT_ONCE);
    await slow.takes(limits.commandTimeoutMs);
    const done = await results;
    expect(slow.begun).toBe(2 * AT_ONCE);
    expect(done.map(({ status }) => status)).toEqual(
      items.map((_, index) => (index < 2 * AT_ONCE ? 201 : 429)),
    );
    expect(done.at(-1)).toMatchObject({
      idempotencyKey: (items.at(-1) as { idempotencyKey: string }).idempotencyKey,
      replayed: false,
      problem: { code: 'ledger-is-busy', retryable: true },
    });
  });

  it('wait for their turn from when they arrived, each by itself', async () => {
    const slow = new SlowBus();
    const carryOut = new CarryOut(slow.bus, CALLER, new Places(1), slow.patience);
    const first = Array.from({ length: AT_ONCE }, (_, index) => carryOut.item(index, item()));
    const waiting = carryOut.item(AT_ONCE, item());
    slow.passes(1);
    const late = carryOut.item(AT_ONCE + 1, item());
    await slow.takes(BEGIN_MS_MAX);
    await slow.takes(0);
    expect((await Promise.all(first)).every(({ status }) => status === 201)).toBe(true);
    expect([(await waiting).status, (await late).status]).toEqual([429, 201]);
  });

  it('need a place only while there are any; what finds none is not begun', async () => {
    const slow = new SlowBus();
    const places = new Places(1);
    const [one, other] = [1, 2].map(() => new CarryOut(slow.bus, CALLER, places, slow.patience));
    const first = one?.item(0, item());
    const second = one?.item(1, item());
    expect(await other?.item(0, item())).toMatchObject({ status: 429, problem: { code: 'ledger-is-busy' } });
    await slow.takes(0);
    expect([(await first)?.status, (await second)?.status, slow.begun]).toEqual([201, 201, 2]);
    const now = other?.item(1, item());
    expect(await one?.item(2, item())).toMatchObject({ status: 429 });
    await slow.takes(0);
    expect(await now).toMatchObject({ status: 201 });
    expect(places.areTaken).toBe(false);
  });
});
