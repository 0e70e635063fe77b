import type { EventStore, ExpectedRevision, NewEvent } from '../../../edges/event-store/event-store.js';
import type { IdSource } from '../../../kernel/ids.js';

/** The stream that says who settles and from where the log is to be read again. Only its newest event is kept. */
const LEASE_STREAM = 'settler-lease';

type Position = bigint | 'start';

/** From where a successor has to read the log to meet everything that is still owed, and every hold that is still open. */
export interface Resume {
  readonly owedAfter: Position;
  readonly holdsAfter: Position;
}

interface LeaseData {
  readonly owner: string;
  /** Positions as digits, or `start` before the first event. */
  readonly owedAfter: string;
  readonly holdsAfter: string;
  /** The owner stopped in good order: whoever comes next need not wait. */
  readonly released: boolean;
}

/** The lease as it stands. */
export interface SeenLease {
  readonly revision: ExpectedRevision;
  readonly resume: Resume;
  /** Its last owner gave it back, or it never had one. */
  readonly isFree: boolean;
}

/**
 * One settler at a time, agreed on without a clock: every beat is an append at the expected revision, so an owner learns of a
 * successor by failing to beat. Two owners for a moment would do no harm: whatever they do is fenced by expected revisions.
 */
export class SettlerLease {
  private revision: ExpectedRevision = 'no_stream';

  constructor(
    private readonly store: EventStore,
    private readonly owner: string,
    private readonly ids: IdSource,
  ) {}

  /** Looks at the lease as it stands. */
  async look(): Promise<SeenLease> {
    const page = await this.store.readStream(LEASE_STREAM, { direction: 'backwards', countMax: 1 });
    const newest = page.events[0];
    if (!newest) {
      return { revision: 'no_stream', resume: { owedAfter: 'start', holdsAfter: 'start' }, isFree: true };
    }
    const { owedAfter, holdsAfter, released } = newest.data as LeaseData;
    const resume = { owedAfter: toPosition(owedAfter), holdsAfter: toPosition(holdsAfter) };
    return { revision: newest.revision, resume, isFree: released };
  }

  /**
   * Takes the lease that was looked at.
   *
   * @returns false when somebody else was first
   */
  async take(seen: SeenLease): Promise<boolean> {
    this.revision = seen.revision;
    // Before the first beat: a crash in between must not leave a stream that keeps them all.
    if (seen.revision === 'no_stream') await this.store.keepNewest(LEASE_STREAM, 1);
    return this.write(seen.resume, false);
  }

  /**
   * Says that the owner lives, and from where its successor has to read.
   *
   * @returns false when the lease was lost
   */
  beat(resume: Resume): Promise<boolean> {
    return this.write(resume, false);
  }

  /** Gives the lease back. */
  async release(resume: Resume): Promise<void> {
    await this.write(resume, true);
  }

  private async write({ owedAfter, holdsAfter }: Resume, released: boolean): Promise<boolean> {
    const data: LeaseData = {
      owner: this.owner,
      owedAfter: owedAfter.toString(),
      holdsAfter: holdsAfter.toString(),
      released,
    };
    const event: NewEvent = {
      id: this.ids.newId(),
      type: 'SettlerBeat',
      data,
      metadata: {
        $correlationId: this.owner,
        $causationId: this.owner,
        actor: 'settler',
        companyId: '',
        requestId: this.owner,
        schemaVersion: 1,
      },
    };
    const outcome = await this.store.append(LEASE_STREAM, this.revision, [event]);
    if (outcome.kind === 'conflict') return false;
    this.revision = outcome.revision;
    return true;
  }
}

function toPosition(text: string): Position {
  return text === 'start' ? 'start' : BigInt(text);
}
