import { describe, expect, it } from '@jest/globals';
import { parseCsv } from './csv.js';
import { BALANCE_COLUMNS, readJournal, TRANSFER_COLUMNS, type Journal } from './journal-file.js';

const NAMES = { transfers: 'transfers.csv', balances: 'balances.csv' };

/** Rows as `reference,date,debit,credit,amount,currency,kind` and `reference,date,account,balance`. */
function journal(transfers: readonly string[], balances: readonly string[]): Journal {
  const text = (columns: readonly string[], rows: readonly string[]): string =>
    [columns.join(','), ...rows].join('\n');
  return readJournal(
    parseCsv(text(TRANSFER_COLUMNS, transfers), TRANSFER_COLUMNS, NAMES.transfers),
    parseCsv(text(BALANCE_COLUMNS, balances), BALANCE_COLUMNS, NAMES.balances),
    NAMES,
  );
}

const DEPOSIT = 'B1,1993-01-02,bank:cash,customer:7,40000,CZK,cash_deposit';
const AFTER_DEPOSIT = 'B1,1993-01-02,customer:7,40000';

describe('a journal', () => {
  it('becomes transfers on the day of the row, under a key that its reference gives', () => {
    const { lanes } = journal([DEPOSIT], [AFTER_DEPOSIT]);
    expect(lanes).toEqual([
      [
        {
          line: 2,
          account: 'customer:7',
          balance: 40000n,
          movement: {
            key: 'journal-B1',
            form: 'transfer',
            kind: 'cash_deposit',
            reference: 'B1',
            effectiveAt: '1993-01-02T00:00:00Z',
            legs: [
              { account: 'bank:cash', direction: 'debit', amount: 40000n, currency: 'CZK' },
              { account: 'customer:7', direction: 'credit', amount: 40000n, currency: 'CZK' },
            ],
          },
        },
      ],
    ]);
  });

  it('opens customers as liabilities without a floor, and the bank accounts by their names', () => {
    const { accounts } = journal(
      [DEPOSIT, 'B2,1993-01-31,bank:interest-expense,customer:7,5,CZK,interest'],
      [AFTER_DEPOSIT, 'B2,1993-01-31,customer:7,40005'],
    );
    expect(accounts).toEqual([
      { label: 'bank:cash', type: 'asset', currency: 'CZK', overdraftLimit: null },
      { label: 'customer:7', type: 'liability', currency: 'CZK', overdraftLimit: null },
      { label: 'bank:interest-expense', type: 'expense', currency: 'CZK', overdraftLimit: null },
    ]);
  });

  it('keeps the order of rows that touch the same customer, and lets other customers go beside them', () => {
    const { lanes } = journal(
      [
        DEPOSIT,
        'B2,1993-01-03,bank:cash,customer:8,1,CZK,deposit',
        'B3,1993-01-04,customer:7,customer:9,1,CZK,transfer',
        'B4,1993-01-05,bank:cash,customer:9,1,CZK,deposit',
        'B5,1993-01-06,bank:cash,customer:8,1,CZK,deposit',
      ],
      [
        AFTER_DEPOSIT,
        'B2,1993-01-03,customer:8,1',
        'B3,1993-01-04,customer:7,39999',
        'B4,1993-01-05,customer:9,2',
        'B5,1993-01-06,customer:8,2',
      ],
    );
    const references = lanes.map((lane) => lane.map(({ movement }) => movement.reference));
    expect(references).toEqual([
      ['B1', 'B3', 'B4'],
      ['B2', 'B5'],
    ]);
  });

  it.each([
    ['B1,1993-02-30,bank:cash,customer:7,1,CZK,x', 'line 2 has the date "1993-02-30"'],
    ['B1,1993-1-2,bank:cash,customer:7,1,CZK,x', 'line 2 has the date "1993-1-2"'],
    ['B1,1993-01-02,bank:cash,customer:7,1.5,CZK,x', 'line 2 has the amount "1.5"'],
    ['B1,1993-01-02,bank:cash,customer:7,0,CZK,x', 'line 2 has the amount "0"'],
    ['B1,1993-01-02,bank:cash,customer:7,-1,CZK,x', 'line 2 has the amount "-1"'],
    ['B1,1993-01-02,bank:cash,customer:7,1,XXQ,x', 'line 2 has the currency "XXQ"'],
    ['B1,1993-01-02,bank:vault,customer:7,1,CZK,x', 'line 2 names the account "bank:vault"'],
    ['B1,1993-01-02,customer:7,customer:7,1,CZK,x', 'line 2 debits and credits customer:7'],
    ['B1,1993-01-02,bank:cash,customer:7,1,CZK,', 'line 2 has the kind ""'],
    ['B 1,1993-01-02,bank:cash,customer:7,1,CZK,x', 'line 2 has the reference "B 1"'],
  ])('refuses %s', (row, sentence) => {
    const reference = row.split(',')[0] ?? '';
    expect(() => journal([row], [`${reference},1993-01-02,customer:7,1`])).toThrow(
      `transfers.csv ${sentence}`,
    );
  });

  it.each([
    [
      'a reference without balance',
      [DEPOSIT],
      [],
      'transfers.csv line 2 has the reference B1, for which balances.csv',
    ],
    [
      'a balance without reference',
      [],
      [AFTER_DEPOSIT],
      'balances.csv line 2 has the reference B1, which transfers.csv',
    ],
    [
      'a reference twice',
      [DEPOSIT, DEPOSIT],
      [AFTER_DEPOSIT],
      'transfers.csv line 3 has the reference B1 a second',
    ],
    [
      'a balance twice',
      [DEPOSIT],
      [AFTER_DEPOSIT, AFTER_DEPOSIT],
      'balances.csv line 3 has the reference B1 a second',
    ],
    [
      'a balance that is no number',
      [DEPOSIT],
      ['B1,1993-01-02,customer:7,1e3'],
      'line 2 has the balance "1e3"',
    ],
    [
      'a balance of another account',
      [DEPOSIT],
      ['B1,1993-01-02,customer:8,1'],
      'line 2 names customer:8, which',
    ],
    [
      'an account in two currencies',
      [DEPOSIT, 'B2,1993-01-03,bank:cash,customer:7,1,EUR,x'],
      [AFTER_DEPOSIT, 'B2,1993-01-03,customer:7,1'],
      'transfers.csv line 3 uses bank:cash in EUR, but it was opened in CZK',
    ],
  ])('refuses %s', (_, transfers, balances, sentence) => {
    expect(() => journal(transfers, balances)).toThrow(sentence);
  });
});
