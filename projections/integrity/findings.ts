/** What can be wrong with a ledger. */
export type FindingKind =
  | 'transaction does not balance'
  | 'transaction has a second outcome'
  | 'leg names an account it can not be on'
  | 'entry without a posted leg'
  | 'entry differs from its leg'
  | 'entry out of sequence'
  | 'entry states a wrong balance'
  | 'account stream has a gap'
  | 'reservation is not open'
  | 'below its floor'
  | 'entries and legs differ'
  | 'PostgreSQL differs';

export interface Finding {
  readonly kind: FindingKind;
  /** What, where, and the figures. */
  readonly sentence: string;
}

/** Findings kept to be printed; the rest is only counted. */
const SHOWN_MAX = 50;

/** Collects what is wrong: all of it is counted, the first of it kept. */
export class Findings {
  readonly shown: Finding[] = [];
  private readonly counts = new Map<FindingKind, number>();

  add(kind: FindingKind, sentence: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    if (this.shown.length < SHOWN_MAX) this.shown.push({ kind, sentence });
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** How many there are of each kind that there is. */
  get byKind(): readonly (readonly [FindingKind, number])[] {
    return [...this.counts];
  }

  countOf(kind: FindingKind): number {
    return this.counts.get(kind) ?? 0;
  }
}
