import { toInstant, type Instant } from '../../src/kernel/clock.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { LedgerHistory, type HistoryLeg, type PostedTransaction } from './ledger-history.js';

/** Noon of a day in 2026, UTC. */
const day = (month: number, date: number): Instant => toInstant(Date.UTC(2026, month - 1, date, 12));

/**
 * A small marketplace, January to March 2026: two shops and a customer, a bank account, fees earned. A sale in January is
 * entered in March, one purchase is given back, and one request is refused.
 */
export async function writeMarketplace(store: EventStore): Promise<void> {
  const history = new LedgerHistory(store);
  const bank = await history.open({ name: 'Bank', type: 'asset' });
  const shops = await history.open({ name: 'Shops', type: 'liability' });
  const books = await history.open({
    name: 'Books & Co',
    type: 'liability',
    overdraftLimit: '0',
    parent: shops,
  });
  const bikes = await history.open({
    name: 'Bikes Ltd',
    type: 'liability',
    overdraftLimit: '0',
    parent: shops,
  });
  const anna = await history.open({ name: 'Anna', type: 'liability', overdraftLimit: '0' });
  const fees = await history.open({ name: 'Fees earned', type: 'income' });

  const post = async (
    kind: string,
    reference: string,
    at: Instant,
    legs: readonly HistoryLeg[],
    options: { readonly recordedAt?: Instant; readonly reverses?: PostedTransaction } = {},
  ): Promise<PostedTransaction> => {
    const { recordedAt = at, reverses } = options;
    const transaction = await history.post(legs, {
      ...{ kind, reference, effectiveAt: at, recordedAt },
      ...(reverses && { parent: { relation: 'reversal', transactionId: reverses.transactionId } }),
    });
    for (const leg of legs.keys()) await history.settle(transaction, leg);
    return transaction;
  };
  const move = (from: HistoryLeg['account'], to: HistoryLeg['account'], amount: bigint): HistoryLeg[] => [
    { account: from, direction: 'debit', amount },
    { account: to, direction: 'credit', amount },
  ];
  const sale = (shop: HistoryLeg['account'], price: bigint, fee: bigint): HistoryLeg[] => [
    { account: anna, direction: 'debit', amount: price },
    { account: shop, direction: 'credit', amount: price - fee },
    { account: fees, direction: 'credit', amount: fee },
  ];

  await post('deposit', 'bank-1', day(1, 5), move(bank, anna, 100_000n));
  await post('purchase', 'order-1', day(1, 12), sale(books, 2_500n, 75n));
  await post('purchase', 'order-2', day(2, 3), sale(bikes, 60_000n, 1_800n));
  const returned = await post('purchase', 'order-3', day(2, 14), sale(books, 4_000n, 120n));
  await history.reject('default', 'order-4');
  await post('deposit', 'bank-2', day(3, 2), move(bank, anna, 50_000n));
  const back = returned.legs.map((leg): HistoryLeg => ({
    ...leg,
    direction: leg.direction === 'debit' ? 'credit' : 'debit',
  }));
  await post('refund', 'order-3', day(3, 4), back, { reverses: returned });
  await post('purchase', 'order-0', day(1, 30), sale(bikes, 9_900n, 297n), { recordedAt: day(3, 10) });
  await post('payout', 'payout-1', day(3, 31), move(bikes, bank, 50_000n));
  await history.reserve(anna, 'e0000000-0000-4000-8000-000000000000', 1_500n);
}
