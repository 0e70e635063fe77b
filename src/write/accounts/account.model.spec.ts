import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AT, byCommand, deepFrozen, fold, idOf, opened } from '../../../test/support/account-history.js';
import { METADATA, STREAM, aLeg, eventsOf, openIn } from '../../../test/support/account-tasks.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { assert } from '../../kernel/assert.js';
import { normalSide, type AccountType } from '../../kernel/money.js';
import type { Result } from '../../kernel/result.js';
import { decideRelease, decideReserve } from '../posting/reserve.decide.js';
import { decideSettle } from '../posting/settle.decide.js';
import type { Refusal } from '../refusals.js';
import type { AccountStatus } from './account-view.js';
import type { UnansweredEvent } from './administration.js';
import { decideChange } from './change-account/change-account.decide.js';
import { decideClose } from './close-account/close-account.decide.js';
import type { AccountEvent } from './events.js';
import { StreamExecutor } from '../streams/stream-executor.js';
import { ACCOUNT_FOLD, type AccountTask } from './executors.js';
import { decideFreeze } from './freeze-account/freeze-account.decide.js';
import { decideReopen } from './reopen-account/reopen-account.decide.js';
import { available, balance, evolve, type AccountState } from './state.js';
import { decideUnfreeze } from './unfreeze-account/unfreeze-account.decide.js';

/** One thing that happens to an account. `pick` chooses among the reservations open then. */
type Step =
  | { readonly do: 'reserve' | 'receive'; readonly amount: bigint }
  | { readonly do: 'settle' | 'release'; readonly pick: number }
  | { readonly do: 'limit'; readonly limit: bigint | null }
  | { readonly do: 'freeze' | 'unfreeze' | 'close' | 'reopen' };

/** Few different amounts, so that figures often meet: a balance that is all reserved, a limit that is just reached. */
const anAmount = fc.constantFrom(1n, 2n, 3n, 30n, 60n);
const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('reserve', 'receive'), amount: anAmount }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('settle', 'release'), pick: fc.nat({ max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      limit: fc.option(fc.bigInt({ min: 0n, max: 80n }), { nil: null }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('freeze', 'unfreeze', 'close', 'reopen') }) },
);
const someSteps = fc.array(aStep, { maxLength: 40 });
const anAccountType = fc.constantFrom<AccountType>('asset', 'liability');

/** What an account is, told without events: the figures a clerk would keep on paper. */
interface Paper {
  readonly holds: bigint;
  readonly inFlight: ReadonlyMap<string, bigint>;
  readonly limit: bigint | null;
  readonly status: AccountStatus;
  readonly entries: number;
}

function setAside({ inFlight }: Paper): bigint {
  return [...inFlight.values()].reduce((sum, amount) => sum + amount, 0n);
}

/** The clerk's rules; null where a step is refused. `name` is what a reservation made by the step is called. */
function onPaper(paper: Paper, step: Step, name: string): Paper | null {
  const free = paper.holds - setAside(paper);
  const inFlight = new Map(paper.inFlight);
  switch (step.do) {
    case 'reserve':
      if (paper.status !== 'open') return null;
      if (paper.limit !== null && free - step.amount < -paper.limit) return null;
      return { ...paper, inFlight: inFlight.set(idOf(name), step.amount) };
    case 'receive': {
      const status = paper.status === 'closed' ? 'open' : paper.status;
      return ended({ ...paper, status, holds: paper.holds + step.amount, entries: paper.entries + 1 });
    }
    case 'settle':
    case 'release': {
      const picked = [...inFlight][step.pick % Math.max(1, inFlight.size)];
      if (!picked) return null;
      inFlight.delete(picked[0]);
      if (step.do === 'release') return ended({ ...paper, inFlight });
      return ended({ ...paper, inFlight, holds: paper.holds - picked[1], entries: paper.entries + 1 });
    }
    case 'limit':
      if (paper.status === 'closed' || (step.limit !== null && free < -step.limit)) return null;
      return { ...paper, limit: step.limit };
    case 'freeze':
      return paper.status === 'open' ? { ...paper, status: 'frozen' } : null;
    case 'unfreeze':
      return paper.status === 'frozen' ? { ...paper, status: 'open' } : null;
    case 'close':
      if (paper.status !== 'open' || free !== 0n) return null;
      return { ...paper, status: inFlight.size === 0 ? 'closed' : 'closing' };
    case 'reopen':
      return paper.status === 'closing' || paper.status === 'closed' ? { ...paper, status: 'open' } : null;
  }
}

/** A close under way is done when nothing is in flight and nothing is left. */
function ended(paper: Paper): Paper {
  const done = paper.status === 'closing' && paper.inFlight.size === 0 && paper.holds === 0n;
  return done ? { ...paper, status: 'closed' } : paper;
}

/** What the ledger decides for the same step. */
function decided(account: AccountState, step: Step, name: string): readonly AccountEvent[] {
  switch (step.do) {
    case 'reserve': {
      const facts = {
        reservationId: idOf(name),
        transactionId: idOf(`transaction ${name}`),
        attemptId: idOf(`attempt ${name}`),
        requestHash: 'hash',
        leg: 0,
        now: AT,
      };
      const reserve = decideReserve(account, aLeg(account, step.amount), facts);
      assert('ok' in reserve, 'Each step is its own transaction: it has no rivals.');
      return eventsOr(reserve);
    }
    case 'receive':
      return settling(account, name, normalSide(account.type), step.amount, null);
    case 'settle':
    case 'release': {
      const open = [...account.reservations];
      const picked = open[step.pick % Math.max(1, open.length)];
      if (!picked) return [];
      const [reservationId, { amount }] = picked;
      if (step.do === 'release') return decideRelease(account, reservationId, AT);
      return settling(account, name, aLeg(account, amount).direction, amount, reservationId);
    }
    case 'limit':
      return answered(name, decideChange({ overdraftLimit: step.limit?.toString() ?? null }), account);
    case 'freeze':
      return answered(name, decideFreeze({ reason: null }), account);
    case 'unfreeze':
      return answered(name, decideUnfreeze({ reason: null }), account);
    case 'close':
      return answered(name, decideClose({ reason: null }), account);
    case 'reopen':
      return answered(name, decideReopen({ reason: null }), account);
  }
}

function settling(
  account: AccountState,
  name: string,
  direction: 'debit' | 'credit',
  amount: bigint,
  reservationId: string | null,
): readonly AccountEvent[] {
  const { accountId, currency } = account;
  const leg = {
    accountId,
    direction,
    amount: amount.toString(),
    currency,
    reservationId,
    afterRevision: '0',
  };
  return decideSettle(account, { transactionId: idOf(name), index: 0, leg, effectiveAt: AT, now: AT });
}

function answered(
  name: string,
  decide: (
    account: AccountState,
    facts: { commandId: string; now: string },
  ) => Result<readonly UnansweredEvent[], Refusal>,
  account: AccountState,
): readonly AccountEvent[] {
  const { commandId, at, answer } = byCommand(name);
  return eventsOr(decide(account, { commandId, now: at })).map((event) => event(answer));
}

function eventsOr<E>(result: Result<readonly E[], Refusal>): readonly E[] {
  return result.ok ? result.value : [];
}

/** The same step, as a task for an executor. */
function asTask(step: Step, index: number): AccountTask<null> {
  return {
    deadlineMs: Number.POSITIVE_INFINITY,
    metadata: METADATA,
    decide: (state) => {
      assert(state !== null, 'The account was opened.');
      const events = decided(state, step, `step ${index}`);
      return { events: events.map((event, part) => ({ id: idOf(`${index} ${part}`), event })), result: null };
    },
  };
}

describe('whatever happens to an account', () => {
  it('it is what a clerk would have on paper, step by step', () => {
    fc.assert(
      fc.property(anAccountType, someSteps, (accountType, steps) => {
        let account: AccountState = fold(opened({ accountType }));
        let paper: Paper = { holds: 0n, inFlight: new Map(), limit: 0n, status: 'open', entries: 0 };
        for (const [index, step] of steps.entries()) {
          const name = `step ${index}`;
          const events = decided(account, step, name);
          for (const event of events) account = deepFrozen(evolve(account, deepFrozen(event)));
          const after = onPaper(paper, step, name);
          expect(events.length > 0).toBe(after !== null);
          paper = after ?? paper;
          expect(account).toMatchObject({
            status: paper.status,
            reserved: setAside(paper),
            overdraftLimit: paper.limit,
            sequence: paper.entries,
          });
          expect(balance(account)).toBe(paper.holds);
          expect([...account.reservations].map(([id, { amount }]) => [id, amount])).toEqual([
            ...paper.inFlight,
          ]);
          if (account.overdraftLimit !== null) {
            expect(available(account)).toBeGreaterThanOrEqual(-account.overdraftLimit);
            expect(balance(account)).toBeGreaterThanOrEqual(-account.overdraftLimit);
          }
          // A closed account has nothing in flight and nothing on it.
          if (account.status === 'closed') expect([setAside(paper), paper.holds]).toEqual([0n, 0n]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('its stream is the same, however its tasks share appends and however many processes fold it', async () => {
    await fc.assert(
      fc.asyncProperty(
        anAccountType,
        someSteps,
        fc.infiniteStream(fc.nat({ max: 7 })),
        async (accountType, steps, groupSizes) => {
          const straight: AccountEvent[] = [opened({ accountType })];
          let account = fold(...straight);
          for (const [index, step] of steps.entries()) {
            const events = decided(account, step, `step ${index}`);
            account = events.reduce<AccountState>(evolve, account);
            straight.push(...events);
          }

          const store = new InMemoryEventStore();
          await openIn(store, { accountType });
          const one = new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
          const other = new StreamExecutor(store, STREAM, ACCOUNT_FOLD);
          const waiting = steps.map((step, index) => asTask(step, index));
          for (let process = one; waiting.length > 0; process = process === one ? other : one) {
            const [size = 0] = groupSizes.take(1);
            await Promise.all(waiting.splice(0, 1 + size).map((task) => process.execute(task)));
          }
          expect(eventsOf(store)).toEqual(straight);
          expect((await one.read(true))?.state).toEqual(account);
          expect((await other.read(true))?.state).toEqual(account);
        },
      ),
      { numRuns: 60 },
    );
  });
});
