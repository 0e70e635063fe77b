/** The promises of the ledger that the demo can catch broken, with what it means when one is. */
export const PROMISES = {
  balanced: 'Debits and credits of every currency are equal.',
  settled: 'Every posted leg has exactly one entry, and no entry stands without a posted transaction.',
  floor: 'No account with a floor is ever below it.',
  once: 'One key has one outcome, for ever.',
  durable: 'What was acknowledged is there, also after kill -9.',
  same: 'Account streams, transaction streams and PostgreSQL hold the same balances.',
  rebuilt: 'PostgreSQL can be thrown away and rebuilt, row for row.',
  input: 'Bad input is refused with a problem that names the field, and nothing is stored.',
  order: 'What was over before something began stands before it.',
  expected: 'After every row the account holds what was recorded for it.',
  served: 'What has its funds is posted, and every request is answered.',
} as const;

export type Promised = keyof typeof PROMISES;

/** Examples kept of each broken promise; the rest are counted. */
const EXAMPLES_MAX = 5;

/** What was found to be wrong, by promise. */
export class Findings {
  private readonly found = new Map<Promised, { count: number; readonly examples: string[] }>();

  /** Notes one thing that must not be. */
  add(promise: Promised, sentence: string): void {
    const entry = this.found.get(promise) ?? { count: 0, examples: [] };
    entry.count += 1;
    if (entry.examples.length < EXAMPLES_MAX) entry.examples.push(sentence);
    this.found.set(promise, entry);
  }

  count(promise: Promised): number {
    return this.found.get(promise)?.count ?? 0;
  }

  get isClean(): boolean {
    return this.found.size === 0;
  }

  /** One paragraph a broken promise: what it says, and what was found. */
  sentences(): string[] {
    return [...this.found].map(([promise, { count, examples }]) => {
      const more = count > examples.length ? [`... and ${count - examples.length} more.`] : [];
      return [`Broken: ${PROMISES[promise]}`, ...examples.map((each) => `  ${each}`), ...more].join('\n');
    });
  }
}
