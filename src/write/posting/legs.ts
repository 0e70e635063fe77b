import type { Direction } from '../../kernel/money.js';
import type { AccountState } from '../accounts/state.js';

/** One leg of a request, with where its parts stand in the request's JSON. */
export interface RequestedPostingLeg {
  readonly accountId: string;
  readonly direction: Direction;
  /** Minor units, greater than zero. */
  readonly amount: bigint;
  readonly currency: string;
  readonly pointers: { readonly account: string; readonly amount: string; readonly currency: string };
}

/** A request to move money, whatever its form was. */
export interface RequestedPosting {
  readonly legs: readonly RequestedPostingLeg[];
  /** Where unbalanced legs are reported: the list of legs. */
  readonly legsPointer: string;
  /** True where one account must not stand on both sides. */
  readonly accountsMustDiffer: boolean;
  /** Epoch milliseconds, or null for now. */
  readonly effectiveAtMs: number | null;
}

/** An account as the decision saw it. */
export interface SeenAccount {
  readonly state: AccountState;
  readonly revision: bigint;
}

export interface PostingFacts {
  readonly companyId: string;
  readonly nowMs: number;
  /** By id; an account that does not exist is missing. */
  readonly accounts: ReadonlyMap<string, SeenAccount>;
}

/** A leg that may be posted, once its funds are reserved where it is checked. */
export interface PlannedLeg extends RequestedPostingLeg {
  /**
   * It lowers the available balance of an account with a floor, or of one whose available funds a condition asks about: it
   * needs a reservation.
   */
  readonly checked: boolean;
  /** The part of a hold's reservation it takes instead; null on a leg that takes none. */
  readonly held: { readonly reservationId: string; readonly afterRevision: string } | null;
  readonly afterRevision: bigint;
}
