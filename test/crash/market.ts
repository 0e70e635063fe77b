import type { LedgerRequest } from '../../tools/demo/movement.js';
import type { SeededRandom } from '../../tools/demo/random.js';
import { made } from './carry.js';

/** Money on its way between two accounts of the market. */
export interface Transfer {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** Accounts with a floor, besides the two hot ones. */
const STALLS = 20;
const STALL_FUNDS = 100_000n;
const AMOUNT_MAX = 100;

/** Accounts that many clients want at once: one that is paid all the time, one that pays and may not go below zero, and others. */
export class Market {
  private serial = 0;

  private constructor(
    private readonly bank: string,
    readonly hotCredit: string,
    readonly hotDebit: string,
    readonly stalls: readonly string[],
    private readonly deposits: readonly Transfer[],
  ) {}

  /**
   * Opens the accounts and deposits to them.
   *
   * @param hotFunds what the account that pays all the time begins with, in minor units
   */
  static async open(url: string, hotFunds: bigint): Promise<Market> {
    const bank = await open(url, null);
    const [hotCredit = '', hotDebit = '', ...stalls] = await Promise.all(
      Array.from({ length: 2 + STALLS }, () => open(url, '0')),
    );
    const funded = [hotDebit, ...stalls].map((to, index) => ({
      key: `deposit-${index}`,
      from: bank,
      to,
      amount: to === hotDebit ? hotFunds : STALL_FUNDS,
    }));
    const market = new Market(bank, hotCredit, hotDebit, stalls, funded);
    for (const deposit of funded) {
      const { path, key, body } = market.toRequest(deposit);
      await made(url, `POST ${path}`, body, key);
    }
    return market;
  }

  /** The next transfer somebody wants: a third to the hot account, a third from the other one, a third among the rest. */
  next(random: SeededRandom): Transfer {
    this.serial += 1;
    const key = `transfer-${this.serial}`;
    const amount = BigInt(random.integer(1, AMOUNT_MAX));
    const stall = random.pick(this.stalls);
    switch (random.integer(0, 2)) {
      case 0:
        return { key, from: stall, to: this.hotCredit, amount };
      case 1:
        return { key, from: this.hotDebit, to: stall, amount };
      default:
        return { key, from: stall, to: random.pick(this.stalls.filter((other) => other !== stall)), amount };
    }
  }

  /** What one transfer takes on average. */
  static get meanAmount(): bigint {
    return BigInt(AMOUNT_MAX) / 2n;
  }

  toRequest({ key, from, to, amount }: Transfer): LedgerRequest {
    return { path: '/v1/transfers', key, body: { from, to, amount: `${amount}`, currency: 'USD' } };
  }

  /** Balances as they must be once exactly these transfers were posted: account -> minor units. */
  balancesAfter(posted: Iterable<Transfer>): Map<string, bigint> {
    const balances = new Map(
      [this.bank, this.hotCredit, this.hotDebit, ...this.stalls].map((id) => [id, 0n]),
    );
    const add = (id: string, amount: bigint): void => {
      balances.set(id, (balances.get(id) ?? 0n) + amount);
    };
    for (const { from, to, amount } of [...this.deposits, ...posted]) {
      add(from, -amount);
      add(to, amount);
    }
    return balances;
  }

  /** Keys that were used to make the market. */
  get depositKeys(): readonly string[] {
    return this.deposits.map(({ key }) => key);
  }
}

async function open(url: string, overdraftLimit: '0' | null): Promise<string> {
  const body = { name: 'Market', type: 'liability', currency: 'USD', overdraftLimit };
  return String((await made(url, 'POST /v1/accounts', body))['accountId']);
}
