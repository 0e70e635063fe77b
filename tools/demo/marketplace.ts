import type { Movement, PlannedAccount } from './movement.js';
import { DayPlanner, type Shop } from './trading-day.js';
import { SeededRandom } from './random.js';

/** What is done with a movement besides sending it once. */
export type Repeat = 'never' | 'afterwards' | 'at-once' | 'another-body';

/** One thing a client does: a movement, how often it sends it, and what must come of it. */
export interface Order {
  readonly movement: Movement;
  readonly repeat: Repeat;
  /** `raced`: there is money for some of these orders; which of them get it depends on who comes first. */
  readonly expected: 'posted' | 'insufficient-funds' | 'raced';
}

/** Everything the clients will do, day by day: a day begins when the one before is over. */
export interface Plan {
  readonly accounts: readonly PlannedAccount[];
  readonly days: readonly (readonly Order[])[];
}

export interface PlanOptions {
  readonly seed: string;
  /** Movements that must be posted; overdraft attempts and races come on top. */
  readonly movements: number;
}

const CUSTOMERS = 200;
const MERCHANTS = 40;
const TRADING_DAYS = 4;
/** Currencies with two, no and three digits after the point, and their share of the customers in percent. */
const CURRENCIES = [
  ['USD', 40],
  ['EUR', 30],
  ['JPY', 20],
  ['KWD', 10],
] as const;
/** Of the movements, how many are deposits of the first day, which everything else is paid from. */
const OPENING_DEPOSITS_PERCENT = 10;
const OVERDRAFT_ATTEMPTS_PERCENT = 2;
/** Gift cards spent by many clients at once, each asking for a tenth of what is on it. */
const GIFT_CARDS = 4;
const GIFT_CARD_ORDERS = 40;

const REPEATS: readonly (readonly [Repeat, number])[] = [
  ['afterwards', 6],
  ['at-once', 4],
  ['another-body', 1],
];

/**
 * Plans a marketplace: 200 customers and 40 merchants in four currencies, deposits, purchases with a fee, transfers between
 * customers, refunds, payouts, withdrawals and currency exchange, some of them backdated.
 *
 * Every ordinary movement is funded whatever order the day's movements take: a day spends at most a third of what its
 * accounts held when it began. So each must be posted; an overdraft attempt asks for more money than there is and must not be.
 */
export function planMarketplace({ seed, movements }: PlanOptions): Plan {
  const random = new SeededRandom(seed);
  const shops = CURRENCIES.map(([currency, percent]) => openShop(currency, percent));
  const planner = new DayPlanner(random, seed, shops);
  const deposits = Math.max(CUSTOMERS, Math.round((movements * OPENING_DEPOSITS_PERCENT) / 100));
  const opening = planner.openingDay(deposits, GIFT_CARDS);
  const perDay = Math.max(0, Math.ceil((movements - opening.length) / TRADING_DAYS));
  const days = Array.from({ length: TRADING_DAYS }, (_, day) => {
    const ordinary = planner.tradingDay(perDay).map(posted);
    const attempts = Math.ceil((perDay * OVERDRAFT_ATTEMPTS_PERCENT) / 100);
    const refused = planner
      .overdrafts(attempts)
      .map((movement) => ({ movement, expected: 'insufficient-funds' as const }));
    // The race has a day without a crash, so that what it must come to is known.
    const raced = day === 0 ? planner.spendGiftCards(GIFT_CARD_ORDERS) : [];
    return [
      ...random.shuffled([...ordinary, ...refused]),
      ...raced.map((movement) => ({ movement, expected: 'raced' as const })),
    ];
  });
  const all = [opening.map(posted), ...days];
  return {
    accounts: shops.flatMap(({ accounts }) => accounts),
    days: all.map((day) => day.map((order) => ({ ...order, repeat: drawRepeat(random) }))),
  };
}

function posted(movement: Movement): { readonly movement: Movement; readonly expected: 'posted' } {
  return { movement, expected: 'posted' };
}

function drawRepeat(random: SeededRandom): Repeat {
  let ticket = random.integer(1, 100);
  for (const [repeat, percent] of REPEATS) {
    if (ticket <= percent) return repeat;
    ticket -= percent;
  }
  return 'never';
}

function openShop(currency: string, percent: number): Shop {
  const count = (of: number): number => Math.round((of * percent) / 100);
  const label = (name: string): string => `${name}.${currency}`;
  const named = (name: string, of: number): string[] =>
    Array.from({ length: count(of) }, (_, index) => label(`${name}-${index + 1}`));
  const customers = named('customer', CUSTOMERS);
  const merchants = named('merchant', MERCHANTS);
  const giftCards =
    currency === 'USD' ? Array.from({ length: GIFT_CARDS }, (_, i) => label(`card-${i + 1}`)) : [];
  const bank = { cash: label('cash'), clearing: label('clearing'), fees: label('fees') };
  const floored = [...customers, ...merchants, ...giftCards].map((account): PlannedAccount => {
    return { label: account, type: 'liability', currency, overdraftLimit: '0' };
  });
  return {
    currency,
    customers,
    merchants,
    giftCards,
    ...bank,
    accounts: [
      ...floored,
      { label: bank.cash, type: 'asset', currency, overdraftLimit: null },
      { label: bank.clearing, type: 'asset', currency, overdraftLimit: null },
      { label: bank.fees, type: 'income', currency, overdraftLimit: null },
    ],
  };
}
