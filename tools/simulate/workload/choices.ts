import type { RequestedCondition } from '../../../src/write/transactions/requested-conditions.js';
import type { RequestedLeg } from '../../../src/write/transactions/requested-legs.js';
import type { Chance } from '../world/chance.js';
import type { Command } from './commands.js';
import {
  loweringSide,
  type Knowledge,
  type KnownAccount,
  type KnownHold,
  type KnownMovement,
} from './knowledge.js';

const AMOUNT_MAX = 400;
/** How long ago a hold may have ended for a client to try it still. */
const ENDED_MS_MAX = 1_000;
/** How soon a hold ends for a client to wait for it. */
const ENDING_MS_MAX = 15_000;

/** Picks accounts, movements and amounts for commands, from what clients know: hot ones mostly, foreign ones rarely. */
export class Choices {
  /** @param nowMs what clients take for the time; epoch milliseconds */
  constructor(
    readonly chance: Chance,
    readonly knowledge: Knowledge,
    private readonly nowMs: () => number,
  ) {}

  /** Part of it, all of it, or rarely more. */
  partOf(amount: string): string {
    const whole = Number(amount);
    const part = this.chance.happens(250) ? whole : this.chance.integer(1, whole);
    return (this.chance.happens(40) ? whole + 1 : part).toString();
  }

  loweringLegs(hold: KnownMovement | undefined): RequestedLeg[] {
    return (hold?.legs ?? []).filter(({ accountId, direction }) => {
      const type = this.knowledge.typeOf(accountId);
      return type !== undefined && loweringSide(type) === direction;
    });
  }

  /** One of the company's, or rarely another company's, which must stay out of reach. */
  movement(list: readonly KnownMovement[], companyId: string): KnownMovement | undefined {
    const isOpen = this.chance.happens(10);
    const own = list.filter((movement) => isOpen || movement.companyId === companyId);
    return own.length > 0 ? this.chance.pickHot(own) : undefined;
  }

  /** A hold that is about to end, or just has: extending it is a race with its expiry. */
  endingHold(companyId: string): KnownHold | undefined {
    const fromMs = this.nowMs() - ENDED_MS_MAX;
    const ending = this.knowledge.holds.filter(
      ({ companyId: owner, endsAtMs }) =>
        owner === companyId && endsAtMs > fromMs && endsAtMs < fromMs + ENDING_MS_MAX,
    );
    return ending.length > 0 ? this.chance.pick(ending) : undefined;
  }

  /** How long a client waits to extend a hold just when it ends, by one clock or another. */
  untilLastMomentMs({ endsAtMs }: KnownHold): number {
    const [earliestMs, latestMs] = this.chance.happens(500) ? [-600, 100] : [-4_500, 4_000];
    return Math.max(0, endsAtMs - this.nowMs() + this.chance.integer(earliestMs, latestMs));
  }

  /** Mostly by so little that whoever keeps a hold alive by such steps meets its end again and again. */
  extension({ id, endsAtMs }: KnownHold): Command {
    const stepMs = this.chance.integer(500, this.chance.happens(750) ? 6_000 : 150_000);
    const expiresAt = new Date(Math.max(endsAtMs, this.nowMs()) + stepMs).toISOString();
    return { kind: 'extend-hold', target: id, request: { expiresAt } };
  }

  pair(companyId: string): [KnownAccount, KnownAccount] {
    const one = this.account(companyId);
    const other = this.partner(companyId, one.accountId, one.currency);
    return this.chance.happens(500) ? [one, other] : [other, one];
  }

  partner(companyId: string, accountId: string, currency: string): KnownAccount {
    const others = this.accountsOf(companyId).filter(
      (account) => account.currency === currency && account.accountId !== accountId,
    );
    return others.length > 0 ? this.chance.pickHot(others) : this.account(companyId);
  }

  account(companyId: string): KnownAccount {
    const isOpen = this.chance.happens(5);
    return this.chance.pickHot(isOpen ? this.knowledge.accounts : this.accountsOf(companyId));
  }

  coldAccount(companyId: string): string {
    return this.chance.pickHot(this.accountsOf(companyId).reverse()).accountId;
  }

  oneOf(accountIds: readonly string[], companyId: string): string {
    const own = new Set(this.accountsOf(companyId).map(({ accountId }) => accountId));
    const list = accountIds.filter((accountId) => own.has(accountId));
    return list.length > 0 ? this.chance.pick(list) : this.coldAccount(companyId);
  }

  private accountsOf(companyId: string): KnownAccount[] {
    return this.knowledge.accounts.filter((account) => account.companyId === companyId);
  }

  amount(): string {
    return this.chance.integer(1, AMOUNT_MAX).toString();
  }

  effectiveAt(): string | null {
    return this.chance.happens(900) ? null : this.instantIn(-this.chance.integer(1, 40) * 86_400_000);
  }

  instantIn(ms: number): string {
    return new Date(this.nowMs() + ms).toISOString();
  }

  /** What the outcome shall depend on; nothing mostly. */
  conditions(companyId: string): { readonly conditions?: readonly RequestedCondition[] } {
    if (!this.chance.happens(60)) return {};
    const { accountId } = this.account(companyId);
    const revision = this.knowledge.revisions.get(accountId);
    const condition =
      revision !== undefined && this.chance.happens(500)
        ? { accountId, availableMin: null, revision }
        : { accountId, availableMin: this.chance.integer(0, 60 * AMOUNT_MAX).toString(), revision: null };
    return { conditions: [condition] };
  }
}
