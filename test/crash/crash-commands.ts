import type { Direction } from '../../src/kernel/money.js';
import { transactionIdOf } from '../../src/write/identity.js';
import type { Armed, Point } from '../../tools/failpoints/armament.js';
import { call, type Answer } from '../support/http-client.js';
import { carry, made } from './carry.js';

/** The commands that move or hold money: how many appends each makes at a step of the road, and what it comes to. */
export const KINDS = {
  transfer: { reserves: 1, settles: 2, outcome: 'posted' },
  transaction: { reserves: 2, settles: 3, outcome: 'posted' },
  hold: { reserves: 2, settles: 0, outcome: 'authorized' },
  increase: { reserves: 2, settles: 1, outcome: 'authorized' },
  capture: { reserves: 1, settles: 3, outcome: 'posted' },
  reversal: { reserves: 2, settles: 3, outcome: 'posted' },
  /** A transaction of which one leg is reserved and another has too little: that is its outcome, for ever. */
  refused: { reserves: 1, settles: 0, outcome: 'rejected' },
} as const;
export type Kind = keyof typeof KINDS;

/** Whether the accounts hold what the command needs to the cent, or three times that. */
export type Funds = 'exact' | 'plenty';

export interface Leg {
  readonly accountId: string;
  readonly direction: Direction;
  readonly amount: string;
  readonly currency: 'USD';
}

/** Accounts of a command's own, so that nothing else waits where it stops: liabilities that may not go below zero. */
interface Stage {
  readonly payer: string;
  readonly other: string;
  readonly payee: string;
}

/** A command about to meet its crash. */
export interface CrashCommand {
  readonly kind: Kind;
  readonly armed: Armed;
  readonly route: string;
  readonly body: object;
  /** How it and what was done before it change balances, deposits aside. */
  readonly moves: readonly Leg[];
  /** What is held in the end. */
  readonly held: readonly Leg[];
}

/** What the accounts must come to, reckoned from what was sent: account -> minor units of a liability. */
export class Books {
  readonly balances = new Map<string, bigint>();
  readonly reserved = new Map<string, bigint>();

  post(legs: readonly Leg[]): void {
    for (const { accountId, direction, amount } of legs) {
      const signed = direction === 'credit' ? BigInt(amount) : -BigInt(amount);
      this.balances.set(accountId, (this.balances.get(accountId) ?? 0n) + signed);
    }
  }

  hold(legs: readonly Leg[]): void {
    for (const { accountId, amount } of legs) {
      this.reserved.set(accountId, (this.reserved.get(accountId) ?? 0n) + BigInt(amount));
    }
  }
}

const FIRST = 60n;
const SECOND = 40n;
const MORE_THAN_THERE_IS = 1_000_000n;

/** Whether a command of this kind passes this point. */
export function passes(kind: Kind, point: Point): boolean {
  // What a hold reserves stays where it is, and a refusal moves nothing. An increase settles in one step.
  return point !== 'P5' || KINDS[kind].settles > 1;
}

/** Names a command's crash; `nth` is cut to what there is. */
export function arm(kind: Kind, point: Point, round: string, nth: number): Armed {
  const key = `${round}-${point}-${kind}`;
  return {
    point,
    key,
    transactionId: transactionIdOf('default', key),
    nth: Math.min(nth, nthMax(kind, point)),
  };
}

function nthMax(kind: Kind, point: Point): number {
  if (point === 'P1' || point === 'P2') return KINDS[kind].reserves;
  // The last one would leave nothing unsettled.
  return point === 'P5' ? KINDS[kind].settles - 1 : Number.MAX_SAFE_INTEGER;
}

/** Sends a command and gives its answer, or null when the process died before it did. */
export function send(url: string, { route, body, armed }: CrashCommand): Promise<Answer | null> {
  return call(url, route, { body, key: armed.key }).catch(() => null);
}

/** Sends a command to a process that lives, and gives its final answer. */
export function sendAgain(url: string, { route, body, armed }: CrashCommand): Promise<Answer> {
  return carry(url, route, body, armed.key);
}

/** Opens the accounts of each crash, funds them, and does what its command needs before it. */
export async function prepare(
  url: string,
  crashes: readonly Crash[],
  funds: Funds,
  books: Books,
): Promise<CrashCommand[]> {
  const bank = await open(url, null);
  const stages = await Promise.all(crashes.map(() => openStage(url)));
  const times = funds === 'exact' ? 1n : 3n;
  const deposits = stages.flatMap(({ payer, other, payee }) => [
    leg(payer, 'credit', FIRST * times),
    leg(other, 'credit', SECOND * times),
    // What a reversal takes back is taken from who was paid.
    ...(funds === 'exact' ? [] : [leg(payee, 'credit', FIRST)]),
  ]);
  const perRequest = 99;
  for (let from = 0; from < deposits.length; from += perRequest) {
    const some = deposits.slice(from, from + perRequest);
    const total = some.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    const legs = [leg(bank, 'debit', total), ...some];
    await made(url, 'POST /v1/transactions', { legs });
    books.post(legs);
  }
  const commands = await Promise.all(crashes.map((crash, index) => toCommand(url, crash, at(stages, index))));
  for (const { moves, held } of commands) {
    books.post(moves);
    books.hold(held);
  }
  return commands;
}

export interface Crash {
  readonly kind: Kind;
  readonly armed: Armed;
}

async function toCommand(url: string, crash: Crash, { payer, other, payee }: Stage): Promise<CrashCommand> {
  const one = [leg(payer, 'debit', FIRST), leg(payee, 'credit', FIRST)];
  const taken = [leg(payer, 'debit', FIRST), leg(other, 'debit', SECOND)];
  const both = [...taken, leg(payee, 'credit', FIRST + SECOND)];
  switch (crash.kind) {
    case 'refused': {
      const legs = [
        leg(payer, 'debit', FIRST),
        leg(other, 'debit', MORE_THAN_THERE_IS),
        leg(payee, 'credit', FIRST + MORE_THAN_THERE_IS),
      ];
      return { ...crash, route: 'POST /v1/transactions', body: { legs }, moves: [], held: [] };
    }
    case 'transfer': {
      const body = { from: payer, to: payee, amount: `${FIRST}`, currency: 'USD' };
      return { ...crash, route: 'POST /v1/transfers', body, moves: one, held: [] };
    }
    case 'transaction':
      return { ...crash, route: 'POST /v1/transactions', body: { legs: both }, moves: both, held: [] };
    case 'hold':
      return { ...crash, route: 'POST /v1/holds', body: { legs: both }, moves: [], held: taken };
    case 'increase': {
      const before = [leg(other, 'debit', SECOND)];
      const more = [leg(payer, 'debit', FIRST)];
      const { holdId } = await made(url, 'POST /v1/holds', { legs: before });
      const route = `POST /v1/holds/${String(holdId)}/increase`;
      return { ...crash, route, body: { legs: more }, moves: [], held: [...before, ...more] };
    }
    case 'capture': {
      const { holdId } = await made(url, 'POST /v1/holds', { legs: both });
      const body = { legs: one, final: true };
      return { ...crash, route: `POST /v1/holds/${String(holdId)}/capture`, body, moves: one, held: [] };
    }
    case 'reversal': {
      const { transactionId } = await made(url, 'POST /v1/transactions', { legs: one });
      const moves = one.map(({ direction, ...rest }) => ({ ...rest, direction: opposite(direction) }));
      const route = `POST /v1/transactions/${String(transactionId)}/reverse`;
      return { ...crash, route, body: {}, moves: [...one, ...moves], held: [] };
    }
  }
}

async function openStage(url: string): Promise<Stage> {
  const [payer, other, payee] = await Promise.all([open(url, '0'), open(url, '0'), open(url, '0')]);
  return { payer, other, payee };
}

async function open(url: string, overdraftLimit: string | null): Promise<string> {
  const body = { name: 'Crash', type: 'liability', currency: 'USD', overdraftLimit };
  return String((await made(url, 'POST /v1/accounts', body))['accountId']);
}

function leg(accountId: string, direction: Direction, amount: bigint): Leg {
  return { accountId, direction, amount: `${amount}`, currency: 'USD' };
}

function opposite(direction: Direction): Direction {
  return direction === 'debit' ? 'credit' : 'debit';
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`There is no value ${index}.`);
  return value;
}
