import { describe, expect, it } from '@jest/globals';
import { HoldSide, leg } from '../../../test/support/hold-side.js';
import { InMemoryEventStore } from '../../../test/support/in-memory-event-store.js';
import { aContext, NO_TEXT } from '../../../test/support/write-side.js';
import { toWouldBeBalanceView } from '../accounts/state.js';
import type { CommandContext, CommandOutcome } from '../command.js';
import { HoldFundsCommand, type HoldFundsRequest } from '../transactions/hold-funds/hold-funds.command.js';
import { TryHoldHandler } from '../transactions/hold-funds/try-hold.handler.js';
import { TryHoldQuery } from '../transactions/hold-funds/try-hold.query.js';
import {
  PostTransactionCommand,
  type PostTransactionRequest,
  type PostTransferRequest,
} from '../transactions/post-transaction/post-transaction.command.js';
import { TryTransactionHandler } from '../transactions/post-transaction/try-transaction.handler.js';
import { TryTransactionQuery } from '../transactions/post-transaction/try-transaction.query.js';
import { DryRun } from './dry-run.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

type Request = PostTransactionRequest | PostTransferRequest | HoldFundsRequest;

/** A customer with 1000, of which 100 are held; a merchant; a bank without floor; a frozen account. */
async function aLedger() {
  const side = new HoldSide(new InMemoryEventStore());
  const bank = await side.opened({ type: 'asset', overdraftLimit: null });
  const customer = await side.opened();
  const merchant = await side.opened();
  const frozen = await side.opened();
  await side.transfer({ from: bank, to: customer, amount: '1000' });
  await side.held({ legs: [leg(customer, 'debit', '100')] });
  await side.administration.run(aContext(), frozen, 'freeze', {}, (_state, { commandId, now }) => ({
    ok: true,
    value: [(answer) => ({ type: 'AccountFrozen', data: { commandId, at: now, answer, reason: null } })],
  }));
  // Another process: what it tries is decided on what the streams say, not on what it remembers.
  const other = new HoldSide(side.store);
  const dryRun = new DryRun(
    other.executors,
    { nowMs: () => Date.now() },
    { newId: () => crypto.randomUUID() },
  );

  const dry = (request: Request, context: CommandContext = aContext()) =>
    request.form === 'hold'
      ? new TryHoldHandler(dryRun).execute(new TryHoldQuery(new HoldFundsCommand(context, request)))
      : new TryTransactionHandler(dryRun).execute(
          new TryTransactionQuery(new PostTransactionCommand(context, request)),
        );
  const real = (request: Request, context: CommandContext = aContext()): Promise<CommandOutcome<unknown>> =>
    request.form === 'hold' ? side.hold(request, context) : side.post(request, context);
  const balanceOf = async (accountId: string) => {
    const account = await side.executors.read(accountId, { current: true });
    if (!account) throw new Error(`No account ${accountId}`);
    return toWouldBeBalanceView(account.state);
  };
  return { side, bank, customer, merchant, frozen, dry, real, balanceOf };
}

type Ledger = Awaited<ReturnType<typeof aLedger>>;

function transfer(
  from: string,
  to: string,
  amount: string,
  more: Partial<PostTransferRequest> = {},
): Request {
  return { form: 'transfer', ...NO_TEXT, from, to, amount, currency: 'USD', ...more };
}

function transaction(...legs: PostTransactionRequest['legs']): Request {
  return { form: 'transaction', ...NO_TEXT, legs };
}

function hold(...legs: HoldFundsRequest['legs']): Request {
  const { effectiveAt: _none, ...text } = NO_TEXT;
  return { form: 'hold', ...text, legs, expiresAt: null };
}

describe('a dry run', () => {
  const accepted: readonly [string, (ledger: Ledger) => Request][] = [
    ['a transfer', ({ customer, merchant }) => transfer(customer, merchant, '900')],
    [
      'a backdated transfer',
      ({ bank, customer }) => transfer(bank, customer, '7', { effectiveAt: '2020-01-01T00:00:00.000Z' }),
    ],
    [
      'a transaction with several legs on one account',
      ({ customer, merchant, bank }) =>
        transaction(
          leg(customer, 'debit', '300'),
          leg(merchant, 'credit', '250'),
          leg(customer, 'debit', '600'),
          leg(bank, 'credit', '650'),
        ),
    ],
    [
      'a hold',
      ({ customer, merchant }) => hold(leg(customer, 'debit', '900'), leg(merchant, 'credit', '900')),
    ],
    ['a hold without floor', ({ bank }) => hold(leg(bank, 'credit', '5'))],
  ];

  it.each(accepted)('of %s answers the balances as they then are, and stores nothing', async (_, ask) => {
    const ledger = await aLedger();
    const request = ask(ledger);
    const length = ledger.side.store.log.length;
    const tried = await ledger.dry(request);
    expect(ledger.side.store.log).toHaveLength(length);
    if (!tried.ok) throw new Error(tried.refusal.code);
    expect(await ledger.real(request)).toMatchObject({ kind: 'accepted', settled: true });
    const touched = tried.value.balances.map(({ accountId }) => accountId);
    expect(tried.value).toEqual({ dryRun: true, balances: await Promise.all(touched.map(ledger.balanceOf)) });
    expect(new Set(touched).size).toBe(touched.length);
  });

  const refused: readonly [string, (ledger: Ledger) => Request][] = [
    ['account-must-exist', ({ customer }) => transfer(customer, NOBODY, '1')],
    ['accounts-must-differ', ({ customer }) => transfer(customer, customer, '1')],
    [
      'legs-must-balance',
      ({ customer, merchant }) => transaction(leg(customer, 'debit', '2'), leg(merchant, 'credit', '1')),
    ],
    [
      'currency-must-match-account',
      ({ customer, merchant }) => transfer(customer, merchant, '1', { currency: 'EUR' }),
    ],
    ['account-must-not-be-frozen', ({ customer, frozen }) => transfer(customer, frozen, '1')],
    ['insufficient-funds', ({ customer, merchant }) => transfer(customer, merchant, '901')],
    [
      'insufficient-funds',
      ({ customer, merchant }) =>
        transaction(
          leg(customer, 'debit', '500'),
          leg(customer, 'debit', '401'),
          leg(merchant, 'credit', '901'),
        ),
    ],
    ['insufficient-funds', ({ customer }) => hold(leg(customer, 'debit', '901'))],
    [
      'hold-must-reserve',
      ({ bank, customer }) => hold(leg(bank, 'debit', '1'), leg(customer, 'credit', '1')),
    ],
    [
      'expiry-must-be-ahead',
      ({ customer }) => ({ ...hold(leg(customer, 'debit', '1')), expiresAt: '2020-01-01T00:00:00.000Z' }),
    ],
    [
      'condition-must-hold',
      ({ customer, merchant }) =>
        transfer(customer, merchant, '901', {
          conditions: [
            { accountId: customer, availableMin: '900', revision: null },
            { accountId: merchant, availableMin: '1', revision: null },
          ],
        }),
    ],
    ['condition-must-hold', ({ customer, merchant }) => transfer(customer, merchant, '1', { ifMatch: '0' })],
    [
      'account-must-exist',
      ({ customer, merchant }) =>
        transfer(customer, merchant, '1', {
          conditions: [{ accountId: NOBODY, availableMin: '0', revision: null }],
        }),
    ],
  ];

  it.each(refused)('is refused like the request itself: %s', async (code, ask) => {
    const ledger = await aLedger();
    const request = ask(ledger);
    const length = ledger.side.store.log.length;
    const tried = await ledger.dry(request);
    expect(ledger.side.store.log).toHaveLength(length);
    const outcome = await ledger.real(request);
    if (tried.ok || outcome.kind !== 'refused') throw new Error('not refused');
    expect(tried.refusal).toEqual(outcome.refusal);
    expect(tried.refusal.code).toBe(code);
  });

  it('takes no key, and does not look at what a key stands for', async () => {
    const { dry, real, customer, merchant } = await aLedger();
    const context = aContext();
    const request = transfer(customer, merchant, '500');
    expect(await dry(request, context)).toMatchObject({ ok: true });
    expect(await real(request, context)).toMatchObject({ kind: 'accepted', replayed: false });
    expect(await dry(request, context)).toMatchObject({ refusal: { code: 'insufficient-funds' } });
  });

  it('belongs to its company', async () => {
    const { dry, customer, merchant } = await aLedger();
    const principal = { ...aContext().principal, companyId: 'other' };
    expect(await dry(transfer(customer, merchant, '1'), aContext({ principal }))).toMatchObject({
      refusal: { code: 'account-must-exist', pointer: '/from' },
    });
  });
});
