import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import { toInstant, type Clock } from '../../kernel/clock.js';
import type { IdSource } from '../../kernel/ids.js';
import { refused, success, type Result } from '../../kernel/result.js';
import type { WouldBeBalanceView } from '../accounts/account-view.js';
import type { AccountExecutors } from '../accounts/executors.js';
import { evolve, toWouldBeBalanceView, type AccountState } from '../accounts/state.js';
import { TooBusy } from '../command.js';
import { eventIdOf } from '../identity.js';
import type { Refusal } from '../refusals.js';
import { committedLegs } from './commit.js';
import { decideConditions, firstRefusal, withConditions } from './conditions.decide.js';
import type { SeenAccount } from './legs.js';
import { wantedOf, type MadeReservation } from './reserve-account.js';
import { decideReserve } from './reserve.decide.js';
import type { AttemptName, Condition, Plan, RoadCommand } from './road.js';
import { decideSettle } from './settle.decide.js';

/** What a dry run came to: the balances as they would be, in the order in which the legs name their accounts. */
export interface DryRunView {
  readonly dryRun: true;
  readonly balances: readonly WouldBeBalanceView[];
}

/**
 * The road without its appends: the same ladder on what the streams say now, then the same reservations and entries on copies.
 * It reads, and stores nothing; no key is taken, and what a key stands for is not looked at.
 */
export class DryRun {
  private underWay = 0;

  constructor(
    private readonly accounts: AccountExecutors,
    private readonly clock: Clock,
    private readonly ids: IdSource,
  ) {}

  /**
   * Tries a command that stands alone.
   *
   * @returns the balances after it, or the refusal it would get if it were sent now
   * @throws TooBusy, EventStoreUnavailable
   */
  async run(command: RoadCommand): Promise<Result<DryRunView, Refusal>> {
    if (this.underWay >= limits.dryRunsAtOnceMax) {
      throw new TooBusy(`${limits.dryRunsAtOnceMax} dry runs are under way: send it again shortly.`);
    }
    this.underWay += 1;
    try {
      return await this.decide(command);
    } finally {
      this.underWay -= 1;
    }
  }

  private async decide({
    context,
    conditions,
    ...command
  }: RoadCommand): Promise<Result<DryRunView, Refusal>> {
    assert(command.parent === null, 'What takes from another transaction is not tried dry.');
    const accounts = new Map<string, SeenAccount>();
    const accountIds = [...command.accountIds(null), ...conditions.map(({ accountId }) => accountId)];
    await Promise.all(
      [...new Set(accountIds)].map(async (accountId) => {
        const account = await this.accounts.read(accountId, { current: true });
        if (account) accounts.set(accountId, account);
      }),
    );
    const nowMs = this.clock.nowMs();
    const facts = { companyId: context.principal.companyId, nowMs, accounts, parent: null };
    const plan = withConditions(command.plan(facts), conditions, facts);
    if (!plan.ok) return plan;
    // A transaction of its own: nothing an earlier one under this key set aside is counted as its own.
    const attempt = { transactionId: this.ids.newId(), attemptId: this.ids.newId(), now: toInstant(nowMs) };
    return simulate(plan.value, conditions, accounts, attempt);
  }
}

/** Pure: what the reservations and entries of a plan make of the accounts. */
function simulate(
  plan: Plan,
  conditions: readonly Condition[],
  accounts: ReadonlyMap<string, SeenAccount>,
  attempt: AttemptName,
): Result<DryRunView, Refusal> {
  const drafts = new Map([...accounts].map(([accountId, { state }]) => [accountId, state]));
  const draftOf = (accountId: string): AccountState => {
    const draft = drafts.get(accountId);
    assert(draft, 'The accounts of a plan were found.');
    return draft;
  };
  const refusals: Refusal[] = [];
  const reservations: MadeReservation[] = [];
  for (const { accountId, conditions: asked, reserve } of wantedOf(plan.legs, conditions)) {
    const revision = accounts.get(accountId)?.revision ?? 0n;
    const met = decideConditions({ state: draftOf(accountId), revision }, asked, attempt);
    assert('ok' in met, 'A dry run has no rivals.');
    if (!met.ok) refusals.push(met.refusal);
    if (!met.ok || !reserve) continue;
    const { leg, index } = reserve;
    const reservationId = eventIdOf(attempt.attemptId, `reservation:${index}`);
    const facts = { ...attempt, reservationId, requestHash: '', leg: index };
    const reserved = decideReserve(draftOf(accountId), leg, facts);
    assert('ok' in reserved, 'A dry run has no rivals.');
    if (!reserved.ok) {
      refusals.push(reserved.refusal);
      continue;
    }
    drafts.set(accountId, reserved.value.reduce<AccountState>(evolve, draftOf(accountId)));
    reservations.push({ reservationId, accountId, leg: index, revision });
  }
  const refusal = firstRefusal(refusals, conditions);
  if (refusal) return refused(refusal);
  if (plan.outcome.kind === 'post') {
    const effectiveAt = toInstant(plan.outcome.effectiveAtMs);
    committedLegs(plan.legs, reservations).forEach((leg, index) => {
      const account = draftOf(leg.accountId);
      const entries = decideSettle(account, { ...attempt, index, leg, effectiveAt });
      drafts.set(leg.accountId, entries.reduce<AccountState>(evolve, account));
    });
  }
  const touched = new Set(plan.legs.map(({ accountId }) => accountId));
  const balances = [...touched].map((accountId) => toWouldBeBalanceView(draftOf(accountId)));
  return success({ dryRun: true, balances });
}
