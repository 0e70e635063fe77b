import { EventStoreDbEventStore } from '../../src/edges/event-store/eventstoredb-client.js';
import { KNOWN_EVENT_TYPES, toLedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import type { Findings } from './findings.js';
import type { Model } from './model.js';
import type { AccountIds, Movement } from './movement.js';
import { Replay, type LoggedLeg } from './replay.js';

/** What a crash left is finished by the settler once it is overdue; it looks for that twice a second. */
const RECOVERY_MS_MAX = limits.recoveryAfterMs + limits.settlerTakeoverAfterMs + 10_000;
const POLL_MS = 1_000;

/**
 * Replays the log until nothing is left over in it that recovery has to finish, for a bounded time.
 *
 * @returns the last replay, and what the first one found left over
 */
export async function replayRecovered(
  eventStoreUrl: string,
): Promise<{ readonly replay: Replay; readonly leftAtFirst: number }> {
  const untilMs = performance.now() + RECOVERY_MS_MAX;
  let replay = await replayLog(eventStoreUrl);
  const leftAtFirst = replay.leftReservations;
  while ((replay.leftReservations > 0 || replay.unsettled > 0) && performance.now() < untilMs) {
    await sleep(POLL_MS);
    replay = await replayLog(eventStoreUrl);
  }
  return { replay, leftAtFirst };
}

/** Reads the whole log with the official client and replays it. */
export async function replayLog(eventStoreUrl: string): Promise<Replay> {
  const store = new EventStoreDbEventStore(eventStoreUrl);
  const known = new Set<string>(KNOWN_EVENT_TYPES);
  const replay = new Replay();
  try {
    for await (const event of store.readAll({ after: 'start' })) {
      if (known.has(event.type)) replay.read(toLedgerEvent(event));
    }
  } finally {
    await store.close();
  }
  return replay;
}

/** What comparing the log with the clients' books counted. */
export interface StreamProof {
  /** Acknowledged transactions that the log does not have as they were sent. */
  readonly missing: number;
  /** Transactions nobody was told of, or refused ones that moved money. */
  readonly phantoms: number;
  /** Transactions and entries beyond the first of the same. */
  readonly duplicates: number;
}

/** Holds the log against the clients' books and the rules of double entry. */
export function proveStreams(replay: Replay, model: Model, ids: AccountIds, findings: Findings): StreamProof {
  let missing = 0;
  for (const [key, { movement, transactionId }] of model.posted) {
    const [logged] = replay.byKey.get(key) ?? [];
    if (logged?.transactionId !== transactionId || !isSame(movement, logged.legs, ids)) {
      missing += 1;
      findings.add(
        'durable',
        `${key} was acknowledged as ${transactionId}; the log does not have it like that.`,
      );
    }
  }
  let phantoms = 0;
  let twice = 0;
  for (const [key, transactions] of replay.byKey) {
    if (!model.posted.has(key)) {
      phantoms += 1;
      findings.add('once', `${key} moved money in the log, but no client was told so.`);
    }
    if (transactions.length > 1) {
      twice += transactions.length - 1;
      findings.add('once', `${key} moved money ${transactions.length} times.`);
    }
  }
  for (const [key, times] of replay.rejectedByKey) {
    if (times === 1 && !replay.byKey.has(key)) continue;
    findings.add('once', `${key} has ${times} refusals in the log, and more than one outcome.`);
  }
  const rules = [
    ['balanced', replay.unbalanced, 'posted transactions do not balance'],
    ['once', replay.duplicates, 'entries stand a second time'],
    ['settled', replay.strays, 'entries belong to no posted leg'],
    ['settled', replay.unsettled, 'posted legs have no entry'],
    ['settled', replay.leftReservations, 'reservations of attempts cut short are still held'],
    ['settled', replay.wrongRunning, 'entries carry a wrong count or running balance'],
    ['floor', replay.belowFloor, 'revisions show an account below its floor'],
  ] as const;
  for (const [promise, count, what] of rules) {
    if (count > 0) findings.add(promise, `In the log, ${count} ${what}.`);
  }
  for (const { label } of model.plannedAccounts) proveAccount(label, replay, model, ids, findings);
  return { missing, phantoms, duplicates: replay.duplicates + twice };
}

function proveAccount(
  label: string,
  replay: Replay,
  model: Model,
  ids: AccountIds,
  findings: Findings,
): void {
  const logged = replay.accounts.get(ids.get(label) ?? '');
  const { debits, credits } = model.expected(label);
  if (logged?.debits === debits && logged.credits === credits) return;
  findings.add(
    'durable',
    `The stream of ${label} sums to ${logged?.debits} debits and ${logged?.credits} credits, the clients' books to ${debits} and ${credits}.`,
  );
}

function isSame({ legs }: Movement, logged: readonly LoggedLeg[], ids: AccountIds): boolean {
  return (
    legs.length === logged.length &&
    legs.every((leg, index) => {
      const other = logged[index];
      return (
        other?.accountId === ids.get(leg.account) &&
        other?.direction === leg.direction &&
        other.amount === leg.amount &&
        other.currency === leg.currency
      );
    })
  );
}
