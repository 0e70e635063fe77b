/** What is measured, in the order in which the phases take turns. */
export const PHASES = [
  'raw',
  'noop',
  'uniform',
  'hot-credit',
  'hot-debit',
  'zipf',
  'bulk',
  'activities',
  'hot-activities',
  'open-loop',
] as const;
export type PhaseName = (typeof PHASES)[number];

/** Measured after all phases, over what they have stored. */
export const CATCH_UP = 'catch-up';

/** The phases that keep a fixed number of requests under way: each begins when another ends. */
export type ClosedLoopPhase = Exclude<PhaseName, 'open-loop'>;

/** How each phase is called in the results. */
export const RATE_NAMES: { readonly [Name in PhaseName]: string } = {
  raw: 'rawAppendsPerSecond',
  noop: 'httpNoopPerSecond',
  uniform: 'transfersPerSecond',
  'hot-credit': 'hotCreditPerSecond',
  'hot-debit': 'hotDebitPerSecond',
  zipf: 'zipfPerSecond',
  bulk: 'bulkTransfersPerSecond',
  activities: 'activitiesPerSecond',
  'hot-activities': 'hotActivitiesPerSecond',
  'open-loop': 'openLoopPerSecond',
};

/** Requests, or raw appends, under way at a time. */
export const IN_FLIGHT = 256;
export const BULK_IN_FLIGHT = 16;
export const BULK_COMMANDS = 100;
export const ACTIVITIES_IN_FLIGHT = 8;
export const ACTIVITIES = 1_000;
/** Keys that activities are counted for. */
export const ACTIVITY_KEYS = 10_000;

/** The share of the hot account, or key, in its phases; the others are spread evenly. */
export const HOT_SHARE = 0.95;
export const ZIPF_EXPONENT = 0.99;
/** What the open loop sends, as a share of what the closed loop reached. */
export const OPEN_LOOP_SHARE = 0.6;

/** The phases that post transfers, as fast as they can. */
export const TRANSFER_PHASES: readonly PhaseName[] = ['uniform', 'hot-credit', 'hot-debit', 'zipf', 'bulk'];
/** Of a transfer with one checked leg: reserve, commit, and an entry on either side. */
export const EVENTS_PER_TRANSFER = 4;

/** The phases that are not about transfers. */
export const ACTIVITY_PHASES: readonly PhaseName[] = ['activities', 'hot-activities'];

/** How long everything takes. */
export interface Pace {
  readonly accounts: number;
  /** Turns every closed-loop phase gets. */
  readonly rounds: number;
  /** Of each turn: not counted, then counted. */
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Of a turn of activities: the read models take longer over what it stores than over as much time of transfers. */
  readonly activityMs: number;
  readonly openLoopMs: number;
  /** Before everything else, so that the first phases do not pay for compiling. */
  readonly firstWarmUpMs: number;
}

export const PACE: Pace = {
  accounts: 10_000,
  rounds: 3,
  warmUpMs: 1_500,
  measureMs: 6_000,
  activityMs: 3_000,
  openLoopMs: 20_000,
  firstWarmUpMs: 8_000,
};

export const QUICK_PACE: Pace = {
  accounts: 2_000,
  rounds: 1,
  warmUpMs: 500,
  measureMs: 2_500,
  activityMs: 2_000,
  openLoopMs: 5_000,
  firstWarmUpMs: 3_000,
};
