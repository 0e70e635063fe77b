import type { ClosedLoopPhase, PhaseName } from '../phases.js';
import type { LatencySummary } from './latency.js';
import type { ReadsTurn } from './read-load.js';

/** What the benchmark asks of the process that makes the load; one at a time. */
export type LoadOrder =
  /** Opens the accounts everything else works on. */
  | { readonly kind: 'open-accounts'; readonly count: number }
  | {
      readonly kind: 'closed-loop';
      readonly phase: ClosedLoopPhase;
      readonly warmUpMs: number;
      readonly measureMs: number;
      /** False for a warm-up, which leaves no trace in the phase's figures. */
      readonly isCounted: boolean;
    }
  | {
      readonly kind: 'open-loop';
      readonly perSecond: number;
      /** Whose balance is read meanwhile; null for one of the accounts that were opened. */
      readonly readAccountId: string | null;
      readonly warmUpMs: number;
      readonly measureMs: number;
    }
  /** Whether a route is there: sends it an empty command. */
  | { readonly kind: 'probe'; readonly path: string }
  /** Credits one account once. */
  | { readonly kind: 'credit'; readonly accountId: string }
  /** Stores accounts and events past the API. */
  | { readonly kind: 'preload'; readonly accounts: number };

/** One turn of a phase. */
export interface Turn {
  readonly phase: PhaseName;
  /** Transfers (of a bulk request all its commands), activities, appends or refusals that were answered as they should be. */
  readonly done: number;
  readonly measuredMs: number;
  /** What was answered otherwise, or not at all: kind of answer -> how often. */
  readonly wrong: Readonly<Record<string, number>>;
  /** Of this phase so far, all turns together. */
  readonly latency: LatencySummary;
}

export type LoadReport =
  /** The warm-up is over. */
  | { readonly kind: 'measuring' }
  /** A long order goes on. */
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'turn'; readonly turn: Turn; readonly reads?: ReadsTurn }
  | { readonly kind: 'probed'; readonly status: number }
  | { readonly kind: 'credited'; readonly status: number; readonly tookMs: number }
  | { readonly kind: 'preloaded'; readonly bigAccountId: string; readonly events: number }
  | { readonly kind: 'done' }
  /** One sentence. */
  | { readonly kind: 'failed'; readonly message: string };

/** Given to the process when it starts. */
export interface LoadPlace {
  readonly origin: string;
  readonly eventStoreUrl: string;
}
