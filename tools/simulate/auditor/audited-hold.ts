import type {
  HeldLeg,
  ReleasedPart,
  ReservedPart,
  TransactionEvent,
} from '../../../src/write/transactions/events.js';
import { positive } from './audited-accounts.js';
import { must } from './violation.js';

type Of<Type extends TransactionEvent['type']> = Extract<TransactionEvent, { type: Type }>['data'];

interface Funds {
  readonly accountId: string;
  held: bigint;
  captured: bigint;
  claimed: bigint;
}

interface Claim {
  readonly parts: readonly ReservedPart[];
  readonly final: boolean;
}

/** One hold, counted from its stream. What it gives back is handed on: accounts owe it from then on. */
export class AuditedHold {
  status: 'authorized' | 'captured' | 'voided' | 'expired' = 'authorized';
  expiresAt: string;
  readonly funds = new Map<string, Funds>();
  readonly claims = new Map<string, Claim>();
  /** Legs that increases under way have claimed the room of. */
  readonly increaseClaims = new Map<string, number>();

  constructor(
    readonly holdId: string,
    { legs, expiresAt }: Of<'TransactionAuthorized'>,
  ) {
    must(expiresAt !== null, 'statuses-bind', () => `hold ${holdId} has an end`);
    this.expiresAt = expiresAt;
    this.add(legs);
  }

  claim({ captureId, attemptId, parts, final, at }: Of<'CaptureReserved'>): void {
    must(
      this.status === 'authorized',
      'statuses-bind',
      () => `${this.name} is captured while ${this.status}`,
    );
    must(at < this.expiresAt, 'statuses-bind', () => `${this.name} is captured at ${at}, after its time`);
    const key = `${captureId}/${attemptId}`;
    must(!this.claims.has(key), 'holds-are-not-exceeded', () => `${this.name} is claimed twice by ${key}`);
    for (const part of parts) {
      const funds = this.fundsOf(part);
      funds.claimed += positive(part.amount);
      this.checkFunds(part.reservationId, funds);
    }
    this.claims.set(key, { parts, final });
  }

  /** Ends a claim that did not come about. Gives what accounts owe because of it. */
  release({ captureId, attemptId, released }: Of<'CaptureReleased'>): readonly ReleasedPart[] {
    const { parts } = this.end(captureId, attemptId);
    for (const part of parts) this.fundsOf(part).claimed -= BigInt(part.amount);
    this.expectReleased(released, this.status === 'authorized' ? [] : parts);
    return released;
  }

  /** A claim that was posted. */
  capture({ captureId, attemptId, released }: Of<'HoldCaptured'>): readonly ReleasedPart[] {
    const { parts, final } = this.end(captureId, attemptId);
    for (const part of parts) {
      const funds = this.fundsOf(part);
      funds.claimed -= BigInt(part.amount);
      funds.captured += BigInt(part.amount);
    }
    const wasOpen = this.status === 'authorized';
    this.expectReleased(released, wasOpen && final ? this.rest() : []);
    const isEmpty = [...this.funds.values()].every(({ held, captured }) => held === captured);
    if (wasOpen && (final || isEmpty)) this.status = 'captured';
    return released;
  }

  claimIncrease({ increaseId, attemptId, legCount, at }: Of<'IncreaseReserved'>): void {
    must(
      this.status === 'authorized' && at < this.expiresAt,
      'statuses-bind',
      () => `${this.name} is increased at ${at} while ${this.status}, until ${this.expiresAt}`,
    );
    const key = `${increaseId}/${attemptId}`;
    must(
      !this.increaseClaims.has(key),
      'commits-are-covered',
      () => `${this.name} is claimed twice by ${key}`,
    );
    this.increaseClaims.set(key, legCount);
  }

  /** Ends the claim of an increase. @returns the legs it claimed the room of */
  endIncrease({
    increaseId,
    attemptId,
  }: {
    readonly increaseId: string;
    readonly attemptId: string;
  }): number {
    const key = `${increaseId}/${attemptId}`;
    const legCount = this.increaseClaims.get(key);
    must(legCount, 'commits-are-covered', () => `${this.name} was not claimed by ${key}`);
    this.increaseClaims.delete(key);
    return legCount;
  }

  increase({ legs, released, ...claim }: Of<'HoldIncreased'>): readonly ReleasedPart[] {
    const legCount = this.endIncrease(claim);
    must(
      legCount === legs.length,
      'commits-are-covered',
      () => `${this.name} grows by ${legs.length} legs, ${legCount} claimed`,
    );
    this.add(legs);
    const added = legs.flatMap(({ reservationId, ...leg }) =>
      reservationId === null ? [] : [{ ...leg, reservationId }],
    );
    this.expectReleased(released, this.status === 'authorized' ? [] : added);
    return released;
  }

  extend({ expiresAt, at }: Of<'HoldExtended'>): void {
    must(
      this.status === 'authorized',
      'statuses-bind',
      () => `${this.name} is extended while ${this.status}`,
    );
    must(at < this.expiresAt, 'statuses-bind', () => `${this.name} is extended at ${at}, after its time`);
    must(expiresAt > this.expiresAt, 'statuses-bind', () => `${this.name} is extended backwards`);
    this.expiresAt = expiresAt;
  }

  void({ released, at }: Of<'HoldVoided'>): readonly ReleasedPart[] {
    must(at < this.expiresAt, 'statuses-bind', () => `${this.name} is voided at ${at}, after its time`);
    return this.finish('voided', released);
  }

  expire({ released, at }: Of<'HoldExpired'>): readonly ReleasedPart[] {
    must(
      at >= this.expiresAt,
      'statuses-bind',
      () => `${this.name} expires at ${at}, before ${this.expiresAt}`,
    );
    return this.finish('expired', released);
  }

  /** What it still keeps of a reservation. */
  kept(reservationId: string): bigint {
    const funds = this.funds.get(reservationId);
    return funds ? funds.held - funds.captured : 0n;
  }

  private finish(status: 'voided' | 'expired', released: readonly ReleasedPart[]): readonly ReleasedPart[] {
    must(
      this.status === 'authorized',
      'statuses-bind',
      () => `${this.name} is ${status} while ${this.status}`,
    );
    this.expectReleased(released, this.rest());
    this.status = status;
    return released;
  }

  private add(legs: readonly HeldLeg[]): void {
    for (const { reservationId, accountId, amount } of legs) {
      if (reservationId === null) continue;
      must(
        !this.funds.has(reservationId),
        'holds-are-not-exceeded',
        () => `${reservationId} is held twice by ${this.name}`,
      );
      this.funds.set(reservationId, { accountId, held: positive(amount), captured: 0n, claimed: 0n });
    }
  }

  private rest(): { readonly reservationId: string; readonly amount: string }[] {
    return [...this.funds].flatMap(([reservationId, { held, captured, claimed }]) => {
      const amount = held - captured - claimed;
      return amount > 0n ? [{ reservationId, amount: amount.toString() }] : [];
    });
  }

  /** Compares what is given back with what has to be, and takes it off. */
  private expectReleased(
    released: readonly ReleasedPart[],
    expected: readonly { readonly reservationId: string; readonly amount: string }[],
  ): void {
    const text = (parts: typeof expected): string =>
      parts
        .map(({ reservationId, amount }) => `${reservationId}: ${amount}`)
        .sort()
        .join(', ');
    must(
      text(released) === text(expected),
      'reservations-are-conserved',
      () => `${this.name} gives back [${text(released)}], and has to give back [${text(expected)}]`,
    );
    for (const part of released) {
      const funds = this.fundsOf(part);
      funds.held -= positive(part.amount);
      this.checkFunds(part.reservationId, funds);
    }
  }

  private end(captureId: string, attemptId: string): Claim {
    const key = `${captureId}/${attemptId}`;
    const claim = this.claims.get(key);
    must(claim, 'holds-are-not-exceeded', () => `${this.name} was not claimed by ${key}`);
    this.claims.delete(key);
    return claim;
  }

  private fundsOf({ reservationId }: { readonly reservationId: string }): Funds {
    const funds = this.funds.get(reservationId);
    must(funds, 'holds-are-not-exceeded', () => `${reservationId} is not of ${this.name}`);
    return funds;
  }

  private checkFunds(reservationId: string, { held, captured, claimed }: Funds): void {
    must(
      claimed >= 0n && captured + claimed <= held,
      'holds-are-not-exceeded',
      () => `${this.name} holds ${held} in ${reservationId}, of which ${captured} + ${claimed} are taken`,
    );
  }

  get name(): string {
    return `hold ${this.holdId}`;
  }
}
