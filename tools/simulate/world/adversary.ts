import type { Chance } from './chance.js';

/** What becomes of one append: of its way there, of its way back, and of who sent it. */
export type AppendFate =
  | 'answered'
  /** Its first answer is lost; it is sent again at once and arrives twice. */
  | 'resent'
  /** It is known not to have arrived. */
  | 'unavailable'
  | 'request-lost'
  | 'answer-lost'
  /** It arrives long after its sender gave up. */
  | 'late'
  | 'crash-before'
  | 'crash-under-way'
  | 'crash-after';

export type ReadFate = 'answered' | 'unavailable' | 'crash-before';

/** How often things go wrong in one run; each run has its own weather. */
interface Weather {
  /** Per mille of the calls to the store. */
  readonly crashes: number;
  readonly losses: number;
  readonly latencyMs: number;
  /** How often news of the log stays away for seconds, per mille. */
  readonly late: number;
  /** Between two disturbances of whole processes. */
  readonly disturbanceMs: number;
}

export type Disturbance = 'crash' | 'stall' | 'cut' | 'outage';

/** Decides what goes wrong and when. */
export class Adversary {
  private isCalm = true;
  private readonly weather: Weather;

  constructor(private readonly chance: Chance) {
    const severity = chance.pick([0.3, 1, 1, 3]);
    this.weather = {
      crashes: 0.3 * severity,
      losses: 3 * chance.pick([0.3, 1, 3]),
      latencyMs: chance.pick([1, 5, 20, 60, 250]),
      late: chance.pick([0, 10, 40]),
      disturbanceMs: 8_000 / severity,
    };
  }

  /** From now on things go wrong. */
  rage(): void {
    this.isCalm = false;
  }

  /** From now on nothing goes wrong any more. */
  rest(): void {
    this.isCalm = true;
  }

  appendFate(): AppendFate {
    const { crashes, losses } = this.weather;
    if (this.isCalm || !this.chance.happens(6 * losses + 3 * crashes)) return 'answered';
    return this.chance.weighted<AppendFate>({
      resent: losses,
      unavailable: losses,
      'request-lost': losses,
      'answer-lost': losses,
      late: 2 * losses,
      'crash-before': crashes,
      'crash-under-way': crashes,
      'crash-after': crashes,
    });
  }

  readFate(): ReadFate {
    const { crashes, losses } = this.weather;
    if (this.isCalm || !this.chance.happens(losses + crashes)) return 'answered';
    return this.chance.weighted<ReadFate>({ unavailable: losses, 'crash-before': crashes });
  }

  /** Half of a call: the way there, or the way back. */
  latencyMs(): number {
    return this.isCalm ? this.chance.fraction() : this.chance.delayMs(this.weather.latencyMs);
  }

  /** How long a follower of the log waits for news; now and then it falls behind by seconds. */
  newsMs(): number {
    const isLate = !this.isCalm && this.chance.happens(this.weather.late);
    return isLate ? this.chance.integer(500, 5_000) : this.latencyMs();
  }

  /** How long an append that its sender gave up wanders before it arrives. */
  wanderingMs(): number {
    return this.chance.integer(1, 25_000);
  }

  nextDisturbance(): { readonly inMs: number; readonly what: Disturbance; readonly forMs: number } {
    const inMs = this.chance.delayMs(this.weather.disturbanceMs);
    const what = this.chance.weighted<Disturbance>({ crash: 4, stall: 4, cut: 3, outage: 1 });
    const forMs = this.chance.pick([300, 2_000, 12_000, 20_000]) * (0.5 + this.chance.fraction());
    return { inMs, what, forMs };
  }

  /** How long it takes until a process that died is started again. */
  restartMs(): number {
    return this.chance.integer(50, 6_000);
  }

  /** By how much the clock of a process is wrong, for all its life. */
  clockSkewMs(): number {
    return this.chance.happens(500) ? 0 : this.chance.integer(-4_000, 4_000);
  }

  /** Which of several. */
  pick<Value>(values: readonly Value[]): Value {
    return this.chance.pick(values);
  }
}
