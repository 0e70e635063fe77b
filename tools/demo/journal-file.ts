import { limits } from '../../src/config/limits.js';
import { currencyExponent } from '../../src/kernel/currencies.js';
import { parsePositiveAmount, type AccountType } from '../../src/kernel/money.js';
import { CsvRefused, type CsvRow } from './csv.js';
import type { Movement, PlannedAccount } from './movement.js';

export const TRANSFER_COLUMNS = [
  'reference',
  'effective_date',
  'debit_account',
  'credit_account',
  'amount',
  'currency',
  'kind',
] as const;
export const BALANCE_COLUMNS = ['reference', 'effective_date', 'account', 'balance'] as const;

export type TransferRow = CsvRow<(typeof TRANSFER_COLUMNS)[number]>;
export type BalanceRow = CsvRow<(typeof BALANCE_COLUMNS)[number]>;

/** One row to post, and what must be on an account after it. */
export interface JournalRow {
  /** Line of the transfers file. */
  readonly line: number;
  readonly movement: Movement;
  /** The account whose balance is known after this row. */
  readonly account: string;
  /** Minor units, signed by the account's normal side. */
  readonly balance: bigint;
}

export interface Journal {
  readonly accounts: readonly PlannedAccount[];
  /**
   * Rows that must follow each other, each list in file order. Rows of different lists share no account whose balance is
   * checked, so the lists may be posted at the same time.
   */
  readonly lanes: readonly (readonly JournalRow[])[];
}

/** The bank's own accounts. Customers are `customer:` and their number; the bank owes them their balance. */
const BANK_ACCOUNTS: Readonly<Record<string, AccountType>> = {
  'bank:cash': 'asset',
  'bank:clearing': 'asset',
  'bank:interest-expense': 'expense',
  'bank:fee-income': 'income',
  'bank:penalty-income': 'income',
};
const CUSTOMER = /^customer:[A-Za-z0-9._-]{1,64}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** What can stand in an idempotency key behind its prefix. */
const REFERENCE = /^[A-Za-z0-9._~-]{1,200}$/;
const BALANCE = /^(?:0|-?[1-9]\d{0,37})$/;

/**
 * Puts transfers and known balances together.
 *
 * @param names how messages call the two files
 * @throws CsvRefused naming file and line of the first row that can't be used
 */
export function readJournal(
  transfers: readonly TransferRow[],
  balances: readonly BalanceRow[],
  names: { readonly transfers: string; readonly balances: string },
): Journal {
  const known = indexBalances(balances, names.balances);
  const accounts = new Map<string, PlannedAccount>();
  const rows = new Map<string, JournalRow>();
  for (const row of transfers) {
    const at = `${names.transfers} line ${row.line}`;
    const { reference } = row.fields;
    const movement = toMovement(row, at, accounts);
    if (rows.has(reference)) throw new CsvRefused(`${at} has the reference ${reference} a second time.`);
    const balance = known.get(reference);
    if (balance === undefined) {
      throw new CsvRefused(
        `${at} has the reference ${reference}, for which ${names.balances} has no balance: add it, or leave the transfer out.`,
      );
    }
    const { account } = balance.fields;
    if (!movement.legs.some((leg) => leg.account === account)) {
      throw new CsvRefused(
        `${names.balances} line ${balance.line} names ${account}, which ${at} does not touch.`,
      );
    }
    rows.set(reference, { line: row.line, movement, account, balance: BigInt(balance.fields.balance) });
  }
  const unused = balances.find(({ fields }) => !rows.has(fields.reference));
  if (unused !== undefined) {
    throw new CsvRefused(
      `${names.balances} line ${unused.line} has the reference ${unused.fields.reference}, which ${names.transfers} does not have.`,
    );
  }
  return { accounts: [...accounts.values()], lanes: toLanes([...rows.values()]) };
}

function indexBalances(balances: readonly BalanceRow[], name: string): ReadonlyMap<string, BalanceRow> {
  const known = new Map<string, BalanceRow>();
  for (const row of balances) {
    const { reference, balance } = row.fields;
    const at = `${name} line ${row.line}`;
    if (!BALANCE.test(balance)) {
      throw new CsvRefused(
        `${at} has the balance "${balance}": it must be whole minor units, such as -1050.`,
      );
    }
    if (known.has(reference)) throw new CsvRefused(`${at} has the reference ${reference} a second time.`);
    known.set(reference, row);
  }
  return known;
}

function toMovement({ fields }: TransferRow, at: string, accounts: Map<string, PlannedAccount>): Movement {
  const { reference, effective_date: date, debit_account: from, credit_account: to, currency, kind } = fields;
  const amount = parsePositiveAmount(fields.amount);
  if (!REFERENCE.test(reference)) {
    throw new CsvRefused(
      `${at} has the reference "${reference}": it must be 1 to 200 of A-Z a-z 0-9 . _ ~ -`,
    );
  }
  if (!isDate(date))
    throw new CsvRefused(`${at} has the date "${date}": it must be a day such as 1993-02-28.`);
  if (amount === undefined) {
    throw new CsvRefused(`${at} has the amount "${fields.amount}": it must be positive whole minor units.`);
  }
  if (currencyExponent(currency) === undefined) {
    throw new CsvRefused(`${at} has the currency "${currency}": it must be an ISO 4217 code such as CZK.`);
  }
  if (kind.trim() === '' || kind.length > limits.kindCharsMax) {
    throw new CsvRefused(`${at} has the kind "${kind}": it must be 1 to ${limits.kindCharsMax} characters.`);
  }
  if (from === to) throw new CsvRefused(`${at} debits and credits ${from}: name two accounts.`);
  for (const label of [from, to]) openOnce(label, currency, at, accounts);
  return {
    key: `journal-${reference}`,
    form: 'transfer',
    kind,
    reference,
    effectiveAt: `${date}T00:00:00Z`,
    legs: [
      { account: from, direction: 'debit', amount, currency },
      { account: to, direction: 'credit', amount, currency },
    ],
  };
}

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  // 30 February is not 2 March.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function openOnce(label: string, currency: string, at: string, accounts: Map<string, PlannedAccount>): void {
  const type = CUSTOMER.test(label) ? 'liability' : BANK_ACCOUNTS[label];
  if (type === undefined) {
    throw new CsvRefused(
      `${at} names the account "${label}": it must be customer:<id> or one of ${Object.keys(BANK_ACCOUNTS).join(', ')}.`,
    );
  }
  const known = accounts.get(label);
  if (known !== undefined && known.currency !== currency) {
    throw new CsvRefused(`${at} uses ${label} in ${currency}, but it was opened in ${known.currency}.`);
  }
  // Without a floor: the bank let some customers go below zero.
  if (known === undefined) accounts.set(label, { label, type, currency, overdraftLimit: null });
}

/** Rows that touch the same checked account, directly or through others, make one lane. */
function toLanes(rows: readonly JournalRow[]): JournalRow[][] {
  const checked = new Set(rows.map(({ account }) => account));
  const parents = new Map<string, string>();
  const rootOf = (label: string): string => {
    let root = label;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    if (root !== label) parents.set(label, root);
    return root;
  };
  for (const { account, movement } of rows) {
    for (const { account: other } of movement.legs) {
      const [one, two] = [rootOf(account), rootOf(other)];
      if (checked.has(other) && one !== two) parents.set(two, one);
    }
  }
  const lanes = new Map<string, JournalRow[]>();
  for (const row of rows) {
    const root = rootOf(row.account);
    const lane = lanes.get(root);
    if (lane) lane.push(row);
    else lanes.set(root, [row]);
  }
  return [...lanes.values()];
}
