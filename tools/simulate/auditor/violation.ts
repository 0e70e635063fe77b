/** What the ledger promises and the auditor watches, each in one sentence. */
export const PROMISES = {
  'streams-are-contiguous': 'Every stream counts its revisions without a gap, and no event id stands twice.',
  'transactions-balance': 'Debits equal credits in every currency of every posted transaction.',
  'effects-are-dated':
    'A transaction takes effect when its request says, or when it was recorded if the request does not say.',
  'one-entry-per-leg': 'Every posted leg has exactly one entry, and no entry stands without a posted leg.',
  'floors-hold': 'No account with a floor is below it at any revision.',
  'commits-are-covered': 'What a commit names was set aside for it before, and is still there.',
  'reservations-are-conserved': 'What was set aside is used once, or given back once.',
  'holds-are-not-exceeded': 'Captures and releases of a hold never take more than it holds.',
  'reversals-are-not-exceeded': 'Reversals of a transaction never take back more than was posted.',
  'statuses-bind': 'Accounts and holds only do what their status allows.',
  'companies-stand-apart': 'No company reaches what belongs to another.',
  'one-key-one-outcome': 'One key has one outcome for ever, and all its answers are equal.',
  'acknowledged-is-present': 'What a client was told is in the log.',
  'failed-is-absent':
    'What a client was told was not done is not in the log, and nothing is that nobody sent.',
  'refusals-are-true': 'A refusal for what was available on an account was true while the command ran.',
  'conditions-hold': 'A condition of a request held at the revision at which it was decided.',
  'reads-are-current': 'A strong read shows a state the account had while the read ran.',
  'everything-comes-to-rest': 'When the faults end, nothing stays in flight.',
  'answers-come': 'When nothing is wrong, every command is answered.',
  'own-word-is-kept':
    'No assertion of the code under test fails, and nothing fails in a way it does not name.',
} as const;

export type Promised = keyof typeof PROMISES;

/** A broken promise. */
export interface Violation {
  readonly promise: Promised;
  readonly what: string;
  /** The event at which it showed, or null. */
  readonly position: bigint | null;
}

/** Thrown by a check; the auditor turns it into a finding. */
export class Broken extends Error {
  override readonly name = 'Broken';
  constructor(
    readonly promise: Promised,
    what: string,
  ) {
    super(what);
  }
}

/** Checks one promise. */
export function must(condition: unknown, promise: Promised, what: () => string): asserts condition {
  if (!condition) throw new Broken(promise, what());
}
