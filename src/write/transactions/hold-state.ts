import { assert, assertNever } from '../../kernel/assert.js';
import { attemptKey } from './attempt-key.js';
import type { HoldStatus } from './hold-view.js';
import type { HeldLeg, ReservedPart, TransactionAuthorized, TransactionEvent } from './events.js';

/** Funds of one reservation of a hold. Minor units. */
export interface HeldFunds {
  readonly accountId: string;
  readonly reservationId: string;
  /** 0-based index of the hold's leg they belong to. */
  readonly leg: number;
  readonly afterRevision: string;
  readonly held: bigint;
  readonly captured: bigint;
  /** Taken by captures under way. */
  readonly inFlight: bigint;
}

/** A capture between its reservation on the hold and its end. */
export interface CaptureUnderWay {
  readonly attemptId: string;
  readonly parts: readonly ReservedPart[];
  readonly final: boolean;
}

/** An increase between its reservation on the hold and its end. */
export interface IncreaseUnderWay {
  readonly attemptId: string;
  readonly legCount: number;
}

/** What a hold's stream says beyond its authorization. */
export interface HoldState {
  readonly authorized: TransactionAuthorized;
  readonly status: HoldStatus;
  readonly expiresAt: string;
  readonly legs: readonly HeldLeg[];
  readonly funds: ReadonlyMap<string, HeldFunds>;
  readonly captures: ReadonlyMap<string, CaptureUnderWay>;
  readonly increases: ReadonlyMap<string, IncreaseUnderWay>;
  /** Captures that were posted, in order. */
  readonly capturedBy: readonly string[];
  readonly increasedBy: readonly string[];
}

/** A hold as it is authorized. */
export function authorizedHold(event: TransactionAuthorized): HoldState {
  const { legs, expiresAt, recordedAt } = event.data;
  return {
    authorized: event,
    status: 'authorized',
    expiresAt: expiresAt ?? recordedAt,
    legs,
    funds: addFunds(new Map(), legs, 0),
    captures: new Map(),
    increases: new Map(),
    capturedBy: [],
    increasedBy: [],
  };
}

/** Adds the reservations of legs that were authorized. An increase names the leg of the hold that it adds to by account and side. */
function addFunds(
  funds: ReadonlyMap<string, HeldFunds>,
  legs: readonly HeldLeg[],
  firstLeg: number,
): ReadonlyMap<string, HeldFunds> {
  const added = new Map(funds);
  legs.forEach(({ accountId, reservationId, amount, afterRevision }, index) => {
    if (reservationId === null) return;
    const held = BigInt(amount);
    added.set(reservationId, {
      accountId,
      reservationId,
      leg: firstLeg + index,
      afterRevision,
      held,
      captured: 0n,
      inFlight: 0n,
    });
  });
  return added;
}

type HoldEvent = Extract<
  TransactionEvent,
  {
    type:
      | 'CaptureReserved'
      | 'CaptureReleased'
      | 'HoldCaptured'
      | 'IncreaseReserved'
      | 'IncreaseReleased'
      | 'HoldIncreased'
      | 'HoldExtended'
      | 'HoldVoided'
      | 'HoldExpired';
  }
>;

/** Folds one event of its stream into the hold. */
export function evolveHold(hold: HoldState, event: HoldEvent): HoldState {
  switch (event.type) {
    case 'CaptureReserved': {
      const { captureId, attemptId, parts, final } = event.data;
      const captures = new Map(hold.captures).set(attemptKey(captureId, attemptId), {
        attemptId,
        parts,
        final,
      });
      assert(captures.size === hold.captures.size + 1, `Capture ${captureId} is under way once per attempt.`);
      return {
        ...hold,
        captures,
        funds: move(hold.funds, parts, (f, amount) => ({ ...f, inFlight: f.inFlight + amount })),
      };
    }
    case 'CaptureReleased': {
      const { captures, parts } = withoutCapture(hold, event.data);
      const funds = move(hold.funds, parts, (f, amount) => ({ ...f, inFlight: f.inFlight - amount }));
      return { ...hold, captures, funds: withoutReleased(funds, event.data.released) };
    }
    case 'HoldCaptured': {
      const { captures, parts, final } = withoutCapture(hold, event.data);
      const funds = move(hold.funds, parts, (f, amount) => ({
        ...f,
        inFlight: f.inFlight - amount,
        captured: f.captured + amount,
      }));
      const rest = withoutReleased(funds, event.data.released);
      const ended = hold.status === 'authorized' && (final || remaining(rest.values()) === 0n);
      return {
        ...hold,
        captures,
        funds: rest,
        status: ended ? 'captured' : hold.status,
        capturedBy: [...hold.capturedBy, event.data.captureId],
      };
    }
    case 'IncreaseReserved': {
      const { increaseId, attemptId, legCount } = event.data;
      const increases = new Map(hold.increases).set(attemptKey(increaseId, attemptId), {
        attemptId,
        legCount,
      });
      assert(
        increases.size === hold.increases.size + 1,
        `Increase ${increaseId} is under way once per attempt.`,
      );
      return { ...hold, increases };
    }
    case 'IncreaseReleased': {
      const increases = withoutIncrease(hold, event.data);
      assert(increases.size < hold.increases.size, `Increase ${event.data.increaseId} is under way.`);
      return { ...hold, increases };
    }
    case 'HoldIncreased': {
      const funds = addFunds(hold.funds, event.data.legs, hold.legs.length);
      return {
        ...hold,
        increases: withoutIncrease(hold, event.data),
        legs: [...hold.legs, ...event.data.legs],
        funds: withoutReleased(funds, event.data.released),
        increasedBy: [...hold.increasedBy, event.data.increaseId],
      };
    }
    case 'HoldExtended':
      return { ...hold, expiresAt: event.data.expiresAt };
    case 'HoldVoided':
      return { ...hold, status: 'voided', funds: withoutReleased(hold.funds, event.data.released) };
    case 'HoldExpired':
      return { ...hold, status: 'expired', funds: withoutReleased(hold.funds, event.data.released) };
    default:
      return assertNever(event, 'A hold event');
  }
}

function withoutCapture(
  hold: HoldState,
  data: { captureId: string; attemptId: string },
): { captures: ReadonlyMap<string, CaptureUnderWay>; parts: readonly ReservedPart[]; final: boolean } {
  const key = attemptKey(data.captureId, data.attemptId);
  const capture = hold.captures.get(key);
  assert(capture, `Capture ${key} is under way on the hold.`);
  const captures = new Map(hold.captures);
  captures.delete(key);
  return { captures, parts: capture.parts, final: capture.final };
}

function withoutIncrease(
  hold: HoldState,
  { increaseId, attemptId }: { increaseId: string; attemptId: string },
): ReadonlyMap<string, IncreaseUnderWay> {
  const increases = new Map(hold.increases);
  // One that was committed before increases claimed their room has no claim.
  increases.delete(attemptKey(increaseId, attemptId));
  return increases;
}

function move(
  funds: ReadonlyMap<string, HeldFunds>,
  parts: readonly ReservedPart[],
  change: (funds: HeldFunds, amount: bigint) => HeldFunds,
): ReadonlyMap<string, HeldFunds> {
  const moved = new Map(funds);
  for (const { reservationId, amount } of parts) {
    const before = moved.get(reservationId);
    assert(before, `Reservation ${reservationId} belongs to the hold.`);
    const after = change(before, BigInt(amount));
    assert(
      after.inFlight >= 0n && left(after) >= 0n,
      `Reservation ${reservationId} is not taken beyond what it holds.`,
    );
    moved.set(reservationId, after);
  }
  return moved;
}

function withoutReleased(
  funds: ReadonlyMap<string, HeldFunds>,
  released: readonly ReservedPart[],
): ReadonlyMap<string, HeldFunds> {
  return move(funds, released, (f, amount) => ({ ...f, held: f.held - amount }));
}

/** What captures may still take of one reservation. */
export function left(funds: HeldFunds): bigint {
  return funds.held - funds.captured - funds.inFlight;
}

function remaining(funds: Iterable<HeldFunds>): bigint {
  let sum = 0n;
  for (const f of funds) sum += f.held - f.captured;
  return sum;
}
