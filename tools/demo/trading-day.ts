import type { Movement, PlannedAccount, PlannedLeg } from './movement.js';
import type { SeededRandom } from './random.js';

/** The accounts of one currency. */
export interface Shop {
  readonly currency: string;
  /** Labels; so are all that follow. */
  readonly customers: readonly string[];
  readonly merchants: readonly string[];
  readonly giftCards: readonly string[];
  readonly cash: string;
  readonly clearing: string;
  readonly fees: string;
  readonly accounts: readonly PlannedAccount[];
}

/** More than all the money of any currency in the marketplace. */
const MORE_THAN_THERE_IS = 10n ** 15n;
const GIFT_CARD_AMOUNT = 100_000n;
const GIFT_CARD_SPENDS = 10n;
const BACKDATED_PERCENT = 15;
/** Backdated movements lie in the year after this day. */
const BACKDATED_FROM_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

interface Purchase {
  readonly shop: Shop;
  readonly customer: string;
  readonly merchant: string;
  readonly amount: bigint;
  readonly fee: bigint;
}

/** Kinds of ordinary movements and their share in percent. */
const MIX = [
  ['purchase', 60],
  ['transfer', 12],
  ['deposit', 10],
  ['payout', 7],
  ['refund', 6],
  ['withdrawal', 4],
  ['exchange', 1],
] as const;
type Kind = (typeof MIX)[number][0];

/** Makes one day's movements after another, spending on each day only what is certain to be there in any order. */
export class DayPlanner {
  private serial = 0;
  /** What an account surely holds when the day begins, and what may still be taken from it on that day. */
  private readonly held = new Map<string, bigint>();
  private readonly spendable = new Map<string, bigint>();
  private refundable: Purchase[] = [];
  private bought: Purchase[] = [];

  constructor(
    private readonly random: SeededRandom,
    private readonly seed: string,
    private readonly shops: readonly Shop[],
  ) {}

  /** Deposits in turn to every customer, and loads the gift cards. */
  openingDay(deposits: number, giftCards: number): Movement[] {
    const customers = this.shops.flatMap((shop) => shop.customers.map((customer) => ({ shop, customer })));
    const movements = Array.from({ length: Math.max(0, deposits - giftCards) }, (_, index) => {
      const owner = customers[index % customers.length];
      if (owner === undefined) throw new RangeError('A marketplace has customers.');
      return this.deposit(owner.shop, owner.customer, this.amount(100_000, 300_000));
    });
    const cards = this.shops.flatMap((shop) =>
      shop.giftCards.map((card) => this.deposit(shop, card, GIFT_CARD_AMOUNT)),
    );
    this.endDay();
    return [...cards, ...movements];
  }

  /** Ordinary movements in the shares of the mix. */
  tradingDay(movements: number): Movement[] {
    const day = Array.from({ length: movements }, () => this.ordinary());
    this.endDay();
    return day;
  }

  /** Purchases, transfers and payouts of more money than there is. */
  overdrafts(count: number): Movement[] {
    return Array.from({ length: count }, () => {
      const shop = this.random.pick(this.shops);
      const from = this.random.pick([...shop.customers, ...shop.merchants]);
      const amount = MORE_THAN_THERE_IS + this.amount(1, 1_000_000);
      const { currency } = shop;
      if (this.random.chance(50)) return this.transferOf('overdraft', currency, from, shop.clearing, amount);
      const merchant = this.random.pick(shop.merchants.filter((other) => other !== from));
      return this.movement('transaction', 'overdraft', [
        debit(from, amount, currency),
        credit(merchant, amount - 1n, currency),
        credit(shop.fees, 1n, currency),
      ]);
    });
  }

  /** Orders on each gift card, each of a tenth of what is on it. */
  spendGiftCards(ordersPerCard: number): Movement[] {
    return this.shops.flatMap((shop) =>
      shop.giftCards.flatMap((card) =>
        Array.from({ length: ordersPerCard }, () =>
          this.transferOf(
            'gift-card',
            shop.currency,
            card,
            this.random.pick(shop.merchants),
            GIFT_CARD_AMOUNT / GIFT_CARD_SPENDS,
          ),
        ),
      ),
    );
  }

  private ordinary(): Movement {
    const shop = this.drawShop();
    const made = this.make(this.drawKind(), shop);
    // Who has nothing left to spend gets a deposit instead.
    return made ?? this.deposit(shop, this.random.pick(shop.customers), this.amount(10_000, 50_000));
  }

  private make(kind: Kind, shop: Shop): Movement | null {
    const { currency, customers, merchants, clearing } = shop;
    const customer = this.random.pick(customers);
    const amount = this.amount(100, 5_000);
    switch (kind) {
      case 'purchase':
        return this.purchase(shop, customer, amount);
      case 'transfer': {
        const other = this.random.pick(customers.filter((each) => each !== customer));
        return this.spend(customer, amount) ? this.transferOf(kind, currency, customer, other, amount) : null;
      }
      case 'deposit':
        return this.deposit(shop, customer, this.amount(1_000, 50_000));
      case 'payout': {
        const merchant = this.random.pick(merchants);
        const payout = (this.spendable.get(merchant) ?? 0n) / 2n;
        return payout > 0n && this.spend(merchant, payout)
          ? this.transferOf(kind, currency, merchant, clearing, payout)
          : null;
      }
      case 'refund':
        return this.refund();
      case 'withdrawal':
        return this.spend(customer, amount)
          ? this.transferOf(kind, currency, customer, clearing, amount)
          : null;
      case 'exchange':
        return this.exchange(shop, amount);
    }
  }

  private purchase(shop: Shop, customer: string, amount: bigint): Movement | null {
    if (!this.spend(customer, amount)) return null;
    const { currency, fees } = shop;
    const merchant = this.random.pick(shop.merchants);
    const fee = (amount * 3n) / 100n;
    this.bought.push({ shop, customer, merchant, amount, fee });
    return this.movement('transaction', 'purchase', [
      debit(customer, amount, currency),
      credit(merchant, amount - fee, currency),
      credit(fees, fee, currency),
    ]);
  }

  /** Gives the money of an earlier day's purchase back, the fee included. */
  private refund(): Movement | null {
    const place = this.random.integer(0, Math.max(0, this.refundable.length - 1));
    const [purchase] = this.refundable.splice(place, 1);
    if (purchase === undefined || !this.spend(purchase.merchant, purchase.amount - purchase.fee)) return null;
    const { customer, merchant, amount, fee, shop } = purchase;
    return this.movement('transaction', 'refund', [
      debit(merchant, amount - fee, shop.currency),
      debit(shop.fees, fee, shop.currency),
      credit(customer, amount, shop.currency),
    ]);
  }

  /** Two currencies in one transaction, each balanced: the clearing accounts swap against cash. */
  private exchange(shop: Shop, amount: bigint): Movement {
    const other = this.random.pick(this.shops.filter((each) => each !== shop));
    const bought = this.amount(100, 5_000);
    return this.movement('transaction', 'exchange', [
      debit(shop.cash, amount, shop.currency),
      credit(shop.clearing, amount, shop.currency),
      debit(other.clearing, bought, other.currency),
      credit(other.cash, bought, other.currency),
    ]);
  }

  private deposit(shop: Shop, to: string, amount: bigint): Movement {
    return this.transferOf('deposit', shop.currency, shop.cash, to, amount);
  }

  private transferOf(kind: string, currency: string, from: string, to: string, amount: bigint): Movement {
    return this.movement('transfer', kind, [debit(from, amount, currency), credit(to, amount, currency)]);
  }

  private movement(form: Movement['form'], kind: string, legs: readonly PlannedLeg[]): Movement {
    this.serial += 1;
    const isOrdinary = kind !== 'overdraft' && kind !== 'gift-card';
    if (isOrdinary) for (const { account, amount, direction } of legs) this.book(account, direction, amount);
    const daysLater = this.random.integer(0, 364);
    return {
      key: `demo-${this.seed}-${this.serial}`,
      form,
      kind,
      reference: `${kind}-${this.serial}`,
      legs,
      effectiveAt: this.random.chance(BACKDATED_PERCENT)
        ? new Date(BACKDATED_FROM_MS + daysLater * DAY_MS).toISOString()
        : null,
    };
  }

  private book(account: string, direction: PlannedLeg['direction'], amount: bigint): void {
    // Only accounts with a floor are asked about, and those are all credit-normal.
    const signed = direction === 'credit' ? amount : -amount;
    this.held.set(account, (this.held.get(account) ?? 0n) + signed);
  }

  private spend(account: string, amount: bigint): boolean {
    const left = this.spendable.get(account) ?? 0n;
    if (left < amount) return false;
    this.spendable.set(account, left - amount);
    return true;
  }

  private endDay(): void {
    // A third of it: an attempt cut short by the crash may keep the same amount reserved a second time, for days.
    for (const [account, amount] of this.held) this.spendable.set(account, amount / 3n);
    this.refundable.push(...this.bought);
    this.bought = [];
  }

  private drawShop(): Shop {
    const customers = this.shops.reduce((sum, shop) => sum + shop.customers.length, 0);
    let ticket = this.random.integer(1, customers);
    for (const shop of this.shops) {
      if (ticket <= shop.customers.length) return shop;
      ticket -= shop.customers.length;
    }
    return this.random.pick(this.shops);
  }

  private drawKind(): Kind {
    let ticket = this.random.integer(1, 100);
    for (const [kind, percent] of MIX) {
      if (ticket <= percent) return kind;
      ticket -= percent;
    }
    return 'deposit';
  }

  private amount(min: number, max: number): bigint {
    return BigInt(this.random.integer(min, max));
  }
}

function debit(account: string, amount: bigint, currency: string): PlannedLeg {
  return { account, direction: 'debit', amount, currency };
}

function credit(account: string, amount: bigint, currency: string): PlannedLeg {
  return { account, direction: 'credit', amount, currency };
}
