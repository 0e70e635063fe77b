import type { Result } from '../../kernel/result.js';
import type { CommandContext } from '../command.js';
import type { Refusal } from '../refusals.js';
import type { Parent, TransactionEvent } from '../transactions/events.js';
import type { TransactionState } from '../transactions/state.js';
import type { PlannedLeg, SeenAccount } from './legs.js';

/** What a transaction says about itself besides its legs. */
export interface PostingText {
  readonly kind: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Another attempt of the same transaction that holds what this one needs: alive elsewhere, or left by a crash. */
export interface Rival {
  readonly attemptId: string;
  readonly holds:
    | { readonly kind: 'reservation'; readonly accountId: string; readonly reservationId: string }
    | { readonly kind: 'claim'; readonly parent: Parent };
}

/** What a decision on the road is told besides its request. All of it was looked up before. */
export interface RoadFacts {
  readonly companyId: string;
  readonly nowMs: number;
  /** By id; an account that does not exist is missing. */
  readonly accounts: ReadonlyMap<string, SeenAccount>;
  /** The transaction that guards what this one takes; null when the command has none, or names none that exists. */
  readonly parent: TransactionState | null;
}

/** What a decision came to: the outcome that will be committed if its reservations are made. */
export interface Plan {
  readonly legs: readonly PlannedLeg[];
  readonly outcome:
    | { readonly kind: 'post'; readonly effectiveAtMs: number }
    /** `expiresAt` is null on an increase. */
    | { readonly kind: 'authorize'; readonly expiresAt: string | null };
  /** What the attempt reserves on its parent's stream before it commits; null where the parent guards nothing. */
  readonly guard: Guard | null;
}

/**
 * What must hold of an account at the revision at which the attempt looks at it, before its own reservation there. Minor
 * units; exactly one of the two is asked.
 */
export type Condition = {
  readonly accountId: string;
  /** Where it stands in the request. */
  readonly pointer: string;
} & (
  | { readonly availableMin: bigint; readonly revision: null }
  | { readonly availableMin: null; readonly revision: bigint }
);

/** One attempt's name for itself on its parent's stream. */
export interface AttemptName {
  readonly transactionId: string;
  readonly attemptId: string;
  readonly now: string;
}

/** What a guard takes from the parent. */
export interface Taken {
  readonly events: readonly TransactionEvent[];
  /** The legs as they take it, where the parent offers a choice that only the append can make; null where the plan's stand. */
  readonly legs: readonly PlannedLeg[] | null;
}

/**
 * Takes from the parent what the attempt needs, at the parent's revision of the append. Pure.
 *
 * @returns what it takes, why it can't be taken, or the rivals that hold it; `rivals` is empty when the plan merely no longer
 *   fits the parent: plan again
 */
export type Guard = (
  parent: TransactionState,
  attempt: AttemptName,
) => Result<Taken, Refusal> | { readonly rivals: readonly Rival[] };

/** A command that moves or holds money, in the one shape the road knows. */
export interface RoadCommand {
  readonly context: CommandContext;
  readonly transactionId: string;
  readonly text: PostingText;
  /** The request as it was sent: what the idempotency hash covers. */
  readonly request: object;
  readonly parent: Parent | null;
  readonly conditions: readonly Condition[];
  /** The accounts the decision needs, once the parent is known. */
  accountIds(parent: TransactionState | null): readonly string[];
  /** The command's refusal ladder. Pure; may run several times. */
  plan(facts: RoadFacts): Result<Plan, Refusal>;
}
