import type { AccountType, Direction } from '../../../src/kernel/money.js';
import type { RequestedLeg } from '../../../src/write/transactions/requested-legs.js';
import type { Chance } from '../world/chance.js';
import { Choices } from './choices.js';
import type { Command, CommandKind, Order } from './commands.js';
import { loweringSide, opposite, type Knowledge } from './knowledge.js';

/** How often each command is sent, and old keys again. */
const WEIGHTS: Readonly<Partial<Record<CommandKind | 'again', number>>> = {
  transfer: 26,
  transaction: 12,
  hold: 13,
  capture: 14,
  'increase-hold': 4,
  'extend-hold': 9,
  'void-hold': 4,
  reverse: 8,
  'open-account': 2,
  'change-account': 2,
  'freeze-account': 1,
  'unfreeze-account': 2,
  'close-account': 2,
  'reopen-account': 2,
  again: 9,
};

const COMPANIES = ['acme', 'acme', 'acme', 'acme', 'acme', 'beta'];
const NO_TEXT = { description: null, reference: null, metadata: {} } as const;

/** What a client is about to do: after a while, for which it does nothing else, by what is known then. */
export interface Intention {
  readonly waitMs: number;
  readonly toOrder: () => Order;
}

/** Makes the commands of all clients: sensible ones mostly, from what clients know, and some that must be refused. */
export class Workload {
  private keys = 0;
  private readonly choices: Choices;

  /** @param nowMs what clients take for the time; epoch milliseconds */
  constructor(
    private readonly chance: Chance,
    private readonly knowledge: Knowledge,
    nowMs: () => number,
  ) {
    this.choices = new Choices(chance, knowledge, nowMs);
  }

  /** What any client does next. */
  next(): Intention {
    const { chance } = this;
    const what = chance.weighted(WEIGHTS);
    const companyId = chance.pick(COMPANIES);
    const ending = what === 'extend-hold' ? this.choices.endingHold(companyId) : undefined;
    if (!ending || chance.happens(150)) return { waitMs: 0, toOrder: () => this.order(what, companyId) };
    return {
      waitMs: this.choices.untilLastMomentMs(ending),
      toOrder: () => this.ordered(companyId, this.choices.extension(ending)),
    };
  }

  private order(what: keyof typeof WEIGHTS, companyId: string): Order {
    const { chance, knowledge } = this;
    if (what === 'again' && knowledge.orders.length > 0) {
      const earlier = chance.happens(700) ? chance.pickHot(knowledge.orders) : chance.pick(knowledge.orders);
      return chance.happens(750) ? earlier : this.altered(earlier);
    }
    return this.ordered(companyId, this.command(what === 'again' ? 'transfer' : what, companyId));
  }

  /** Under a key of its own; a few are words that any company's client might choose. */
  private ordered(companyId: string, command: Command): Order {
    const { chance } = this;
    const key = chance.happens(10) ? `payment-${chance.integer(1, 9)}` : `key-${(this.keys += 1)}`;
    return { companyId, key, command };
  }

  /** The same key with another request. */
  private altered({ companyId, key, command }: Order): Order {
    if (command.kind === 'transfer') {
      const amount = (BigInt(command.request.amount) + 1n).toString();
      return { companyId, key, command: { ...command, request: { ...command.request, amount } } };
    }
    const kind = this.chance.pick(['transfer', 'hold', 'void-hold', 'capture'] as const);
    return { companyId, key, command: this.command(kind, companyId) };
  }

  private command(kind: CommandKind, companyId: string): Command {
    const { chance } = this;
    const reason = { reason: null };
    switch (kind) {
      case 'open-account': {
        const type = chance.pick<AccountType>(['liability', 'liability', 'asset', 'income', 'expense']);
        const overdraftLimit = chance.pick(['0', '0', '100', null]);
        const currency = chance.pick(['USD', 'USD', 'EUR']);
        const request = { name: 'Opened', type, currency, parentId: null, overdraftLimit, metadata: {} };
        return { kind, request };
      }
      case 'change-account':
        return { kind, target: this.choices.coldAccount(companyId), request: this.change() };
      case 'freeze-account':
        return { kind, target: this.choices.coldAccount(companyId), request: reason };
      case 'close-account':
        return { kind, target: this.choices.oneOf(this.knowledge.fresh, companyId), request: reason };
      case 'unfreeze-account':
        return { kind, target: this.choices.oneOf(this.knowledge.frozen, companyId), request: reason };
      case 'reopen-account':
        return { kind, target: this.choices.oneOf(this.knowledge.closed, companyId), request: reason };
      case 'transfer': {
        const [from, to] = this.choices.pair(companyId);
        const { accountId, currency } = from;
        const rest = { effectiveAt: this.choices.effectiveAt(), kind: 'transfer', ...NO_TEXT };
        const request = {
          ...rest,
          form: 'transfer' as const,
          from: accountId,
          to: to.accountId,
          amount: this.choices.amount(),
          currency,
          ...this.choices.conditions(companyId),
        };
        return { kind, request };
      }
      case 'transaction': {
        const legs = this.balancedLegs(companyId);
        const effectiveAt = this.choices.effectiveAt();
        const rest = { kind: 'payment', ...NO_TEXT, ...this.choices.conditions(companyId) };
        return { kind, request: { form: 'transaction', legs, effectiveAt, ...rest } };
      }
      case 'hold': {
        const legs = this.heldLegs(companyId);
        const livesMs = chance.integer(1_000, chance.happens(300) ? 15_000 : 200_000);
        const expiresAt = chance.happens(200) ? null : this.choices.instantIn(livesMs);
        const rest = { kind: 'hold', ...NO_TEXT, ...this.choices.conditions(companyId) };
        return { kind, request: { form: 'hold', legs, expiresAt, ...rest } };
      }
      case 'capture':
        return this.capture(companyId);
      case 'increase-hold': {
        const hold = this.choices.movement(this.knowledge.holds, companyId);
        const legs = this.choices
          .loweringLegs(hold)
          .map((leg) => ({ ...leg, amount: this.choices.amount() }));
        return hold && legs.length > 0
          ? { kind, target: hold.id, request: { form: 'increase', legs, description: null } }
          : this.command('hold', companyId);
      }
      case 'extend-hold': {
        const hold = this.choices.movement(this.knowledge.holds, companyId);
        const expiresAt = this.choices.instantIn(chance.integer(2_000, 150_000));
        return { kind, target: hold?.id ?? chance.uuid(), request: { expiresAt } };
      }
      case 'void-hold': {
        const hold = this.choices.movement(this.knowledge.holds, companyId);
        return { kind, target: hold?.id ?? chance.uuid(), request: reason };
      }
      case 'reverse':
        return this.reversal(companyId);
    }
  }

  private change(): { name?: string; overdraftLimit?: string | null } {
    const { chance } = this;
    const name = `Renamed ${chance.integer(1, 99)}`;
    const overdraftLimit = chance.pick(['0', '0', '50', '1000', null]);
    return chance.pick([{ name }, { overdraftLimit }, { overdraftLimit }, { name, overdraftLimit }]);
  }

  private capture(companyId: string): Command {
    const { chance } = this;
    const hold = this.choices.movement(this.knowledge.holds, companyId);
    const lowering = this.choices.loweringLegs(hold);
    const first = lowering[0];
    if (!hold || !first) return this.command('hold', companyId);
    const effectiveAt = this.choices.effectiveAt();
    const rest = { effectiveAt, kind: 'capture', ...NO_TEXT, ...this.choices.conditions(companyId) };
    const final = chance.happens(300);
    if (chance.happens(350)) {
      return { kind: 'capture', target: hold.id, request: { form: 'capture', legs: null, final, ...rest } };
    }
    const taken = chance.happens(500) ? lowering : [first];
    const legs = taken.flatMap((leg) => {
      const amount = this.choices.partOf(leg.amount);
      const to = this.choices.partner(companyId, leg.accountId, leg.currency);
      const raising = { ...leg, accountId: to.accountId, direction: opposite(leg.direction), amount };
      return [{ ...leg, amount }, raising];
    });
    return { kind: 'capture', target: hold.id, request: { form: 'capture', legs, final, ...rest } };
  }

  private reversal(companyId: string): Command {
    const { chance } = this;
    const original = this.choices.movement(this.knowledge.transactions, companyId);
    if (!original) return this.command('transfer', companyId);
    const rest = {
      form: 'reversal' as const,
      effective: chance.pick(['now', 'original'] as const),
      kind: 'reversal',
      ...NO_TEXT,
    };
    const [first] = original.legs;
    if (!first || original.legs.length !== 2 || chance.happens(500)) {
      return { kind: 'reverse', target: original.id, request: { ...rest, legs: null } };
    }
    const amount = this.choices.partOf(first.amount);
    const legs = [0, 1].map((leg) => ({ leg, amount }));
    return { kind: 'reverse', target: original.id, request: { ...rest, legs } };
  }

  private heldLegs(companyId: string): RequestedLeg[] {
    const [from, to] = this.choices.pair(companyId);
    const direction = loweringSide(from.type);
    const amount = this.choices.amount();
    const { currency } = from;
    const held = { accountId: from.accountId, direction, amount, currency };
    if (this.chance.happens(400)) {
      const other = this.choices.partner(companyId, from.accountId, currency);
      const more = {
        ...held,
        accountId: other.accountId,
        direction: loweringSide(other.type),
        amount: this.choices.amount(),
      };
      return this.chance.happens(500) ? [held] : [held, more];
    }
    return [held, { ...held, accountId: to.accountId, direction: opposite(direction) }];
  }

  private balancedLegs(companyId: string): RequestedLeg[] {
    const legs = [...this.legsOfOneCurrency(companyId)];
    if (this.chance.happens(150)) legs.push(...this.legsOfOneCurrency(companyId));
    const first = legs[0];
    if (first && this.chance.happens(20)) legs[0] = { ...first, amount: `${first.amount}0` };
    if (first && this.chance.happens(10)) legs[0] = { ...first, accountId: this.chance.uuid() };
    return legs;
  }

  /** Several legs on one side, one for their sum on the other. */
  private legsOfOneCurrency(companyId: string): RequestedLeg[] {
    const { chance } = this;
    const [sum, first] = this.choices.pair(companyId);
    const { currency } = sum;
    const side: Direction = chance.pick(['debit', 'credit']);
    const others = Array.from({ length: chance.integer(0, 2) }, () => this.choices.account(companyId));
    const parts = [first, ...others.filter((account) => account.currency === currency)].map(
      ({ accountId }) => ({ accountId, direction: side, amount: this.choices.amount(), currency }),
    );
    const total = parts.reduce((all, { amount }) => all + BigInt(amount), 0n).toString();
    return [{ accountId: sum.accountId, direction: opposite(side), amount: total, currency }, ...parts];
  }
}
