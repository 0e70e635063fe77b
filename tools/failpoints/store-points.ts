import type { AppendOutcome, NewEvent } from '../../src/edges/event-store/event-store.js';
import type { LedgerEvent } from '../../src/edges/event-store/ledger-event.js';
import type { Armed, Point } from './armament.js';
import type { Barrier } from './barrier.js';

/** What an append does on the road of a command. */
type Step = 'reserve' | 'commit' | 'settle';

const STEPS: Partial<Record<LedgerEvent['type'], Step>> = {
  FundsReserved: 'reserve',
  CaptureReserved: 'reserve',
  IncreaseReserved: 'reserve',
  ReversalReserved: 'reserve',
  TransactionPosted: 'commit',
  TransactionAuthorized: 'commit',
  TransactionRejected: 'commit',
  EntryPosted: 'settle',
  HoldCaptured: 'settle',
  HoldIncreased: 'settle',
  TransactionReversed: 'settle',
};

const STEP_OF_POINT: Partial<Record<Point, Step>> = {
  P1: 'reserve',
  P2: 'reserve',
  P3: 'commit',
  P4: 'commit',
  P5: 'settle',
};

/** Stops the armed commands at the appends of their road: P1 to P5. */
export class StorePoints {
  private readonly byStep = new Map<string, Armed>();
  private readonly begun = new Map<Armed, number>();
  private readonly done = new Map<Armed, number>();

  constructor(
    armed: readonly Armed[],
    private readonly barrier: Barrier,
  ) {
    for (const each of armed) {
      const step = STEP_OF_POINT[each.point];
      if (step !== undefined) this.byStep.set(`${step} ${each.transactionId}`, each);
    }
  }

  /** Makes an append, or stops it before it is sent or before it is answered. */
  async append(events: readonly NewEvent[], send: () => Promise<AppendOutcome>): Promise<AppendOutcome> {
    const armed = this.armedFor(events);
    if (!armed) return send();
    const { point, nth } = armed;
    const place = add(this.begun, armed, 1);
    if (point === 'P1' && place === nth) return this.barrier.stop(armed);
    if (point === 'P3') return this.barrier.stopThenAct(armed, () => void send());
    // Whatever comes after the last leg that may settle waits for the end.
    if (point === 'P5' && place > nth) return new Promise<never>(() => undefined);
    const outcome = await send();
    // Who lost a race decides again and comes back.
    // Who lost a race decides again and comes back.
    if (outcome.kind === 'conflict') add(this.begun, armed, -1);
    else if (point === 'P4' || (point !== 'P1' && add(this.done, armed, 1) === nth)) {
      return this.barrier.stop(armed);
    }
    return outcome;
  }

  private armedFor(events: readonly NewEvent[]): Armed | undefined {
    for (const event of events) {
      const step = STEPS[event.type as LedgerEvent['type']];
      const armed = step && this.byStep.get(`${step} ${commandOf(event)}`);
      if (armed) return armed;
    }
    return undefined;
  }
}

/** Whose road an event is on: what stands on a parent's stream names the child that put it there. */
function commandOf({ data }: NewEvent): string | undefined {
  const { captureId, reversalId, increaseId, transactionId } = data as Partial<
    Record<'captureId' | 'reversalId' | 'increaseId' | 'transactionId', string>
  >;
  return captureId ?? reversalId ?? increaseId ?? transactionId;
}

function add(counts: Map<Armed, number>, armed: Armed, difference: 1 | -1): number {
  const next = (counts.get(armed) ?? 0) + difference;
  counts.set(armed, next);
  return next;
}
