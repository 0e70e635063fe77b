import type { CommandOutcome } from '../../../src/write/command.js';
import type { AccountType, Direction } from '../../../src/kernel/money.js';
import type { RequestedLeg } from '../../../src/write/transactions/requested-legs.js';
import type { Order } from './commands.js';

/** How many of each kind clients have in mind; they forget the oldest. */
const REMEMBERED_MAX = 40;
/** Orders are kept longer: a key is good for ever. */
const ORDERS_MAX = 400;

export interface KnownAccount {
  readonly accountId: string;
  readonly companyId: string;
  readonly type: AccountType;
  readonly currency: string;
}

/** A hold or transaction as its client made it. */
export interface KnownMovement {
  readonly id: string;
  readonly companyId: string;
  readonly legs: readonly RequestedLeg[];
}

export interface KnownHold extends KnownMovement {
  /** When it ends, as its client was told; epoch milliseconds, 0 when it has ended already. */
  endsAtMs: number;
}

/** What clients learned from answers, and so can use in their next commands. Newest first. */
export class Knowledge {
  readonly accounts: KnownAccount[] = [];
  readonly holds: KnownHold[] = [];
  readonly transactions: KnownMovement[] = [];
  readonly orders: Order[] = [];
  /** The revision an account had when a client last looked, as digits. */
  readonly revisions = new Map<string, string>();
  /** Accounts that were opened in the run: they have a balance of zero for a while. */
  readonly fresh: string[] = [];
  readonly frozen: string[] = [];
  readonly closed: string[] = [];

  /** An order was sent: its key may be used again. */
  sent(order: Order): void {
    remember(this.orders, order, ORDERS_MAX);
  }

  /** An order was answered. */
  learn({ companyId, command }: Order, outcome: CommandOutcome<object>): void {
    if (outcome.kind !== 'accepted') {
      // It is remembered, since what has ended must stay refused; but nobody tries to keep it alive.
      const ended = this.holds.find((hold) => 'target' in command && hold.id === command.target);
      if (ended && outcome.refusal.code.startsWith('hold-is-')) ended.endsAtMs = 0;
      return;
    }
    const { body } = outcome;
    switch (command.kind) {
      case 'open-account': {
        const { accountId } = body as { accountId: string };
        const { type, currency } = command.request;
        if (this.accounts.some((known) => known.accountId === accountId)) return;
        this.accounts.push({ accountId, companyId, type, currency });
        remember(this.fresh, accountId);
        break;
      }
      case 'freeze-account':
        remember(this.frozen, command.target);
        break;
      case 'close-account':
        remember(this.closed, command.target);
        break;
      case 'hold': {
        const { holdId, expiresAt } = body as { holdId: string; expiresAt: string };
        const endsAtMs = Date.parse(expiresAt);
        remember(this.holds, { id: holdId, companyId, legs: command.request.legs, endsAtMs });
        break;
      }
      case 'extend-hold': {
        const hold = this.holds.find(({ id }) => id === command.target);
        if (hold) hold.endsAtMs = Math.max(hold.endsAtMs, Date.parse(command.request.expiresAt));
        break;
      }
      case 'transaction':
      case 'transfer':
      case 'capture': {
        const { transactionId, legs } = body as { transactionId: string; legs: readonly RequestedLeg[] };
        remember(this.transactions, { id: transactionId, companyId, legs });
        if (command.kind === 'capture' && (command.request.final || command.request.legs === null)) {
          forget(this.holds, ({ id }) => id === command.target);
        }
        break;
      }
      case 'unfreeze-account':
        forget(this.frozen, (accountId) => accountId === command.target);
        break;
      case 'reopen-account':
        forget(this.closed, (accountId) => accountId === command.target);
        break;
      case 'void-hold':
        forget(this.holds, ({ id }) => id === command.target);
        break;
      case 'change-account':
      case 'increase-hold':
      case 'reverse':
        break;
    }
  }

  /** An account was read. */
  saw(accountId: string, revision: bigint): void {
    this.revisions.set(accountId, revision.toString());
  }

  typeOf(accountId: string): AccountType | undefined {
    return this.accounts.find((known) => known.accountId === accountId)?.type;
  }
}

/** The side that lowers the balance of an account of this type. */
export function loweringSide(type: AccountType): Direction {
  return type === 'asset' || type === 'expense' ? 'credit' : 'debit';
}

export function opposite(direction: Direction): Direction {
  return direction === 'debit' ? 'credit' : 'debit';
}

function remember<Value>(list: Value[], value: Value, countMax = REMEMBERED_MAX): void {
  list.unshift(value);
  if (list.length > countMax) list.pop();
}

function forget<Value>(list: Value[], isIt: (value: Value) => boolean): void {
  const index = list.findIndex(isIt);
  if (index >= 0) list.splice(index, 1);
}
