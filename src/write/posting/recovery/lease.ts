import type { EventStore, ExpectedRevision, NewEvent } from '../../../edges/event-store/event-store.js';
import type { IdSource } from '../../../kernel/ids.js';

/** The stream that says who settles and from where the log is to be read again. Only its newest event is kept. */
const LEASE_STREAM = 'settler-lease';

type Resume = bigint | 'start';

interface LeaseData {
  readonly owner: string;
  /** Reading the log on after this position meets everything still owed; `start` before the first event. */
  readonly resumeAfter: string;
  /** The owner stopped in good order: whoever comes next need not wait. */
  readonly released: boolean;
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
  async look(): Promise<{
    readonly revision: ExpectedRevision;
    readonly resumeAfter: Resume;
    readonly free: boolean;
  }> {
    const page = await this.store.readStream(LEASE_STREAM, { direction: 'backwards', countMax: 1 });
    const newest = page.events[0];
    if (!newest) return { revision: 'no_stream', resumeAfter: 'start', free: true };
    const { resumeAfter, released } = newest.data as LeaseData;
    return {
      revision: newest.revision,
      resumeAfter: resumeAfter === 'start' ? 'start' : BigInt(resumeAfter),
      free: released,
    };
  }

  /**
   * Takes the lease that was looked at.
   *
   * @returns false when somebody else was first
   */
  async take(seen: { readonly revision: ExpectedRevision; readonly resumeAfter: Resume }): Promise<boolean> {
    this.revision = seen.revision;
    const taken = await this.write({ resumeAfter: seen.resumeAfter, released: false });
    if (taken && seen.revision === 'no_stream') await this.store.keepNewest(LEASE_STREAM, 1);
    return taken;
  }

  /**
   * Says that the owner lives, and from where its successor has to read.
   *
   * @returns false when the lease was lost
   */
  beat(resumeAfter: Resume): Promise<boolean> {
    return this.write({ resumeAfter, released: false });
  }

  /** Gives the lease back. */
  async release(resumeAfter: Resume): Promise<void> {
    await this.write({ resumeAfter, released: true });
  }

  private async write({
    resumeAfter,
    released,
  }: {
    resumeAfter: Resume;
    released: boolean;
  }): Promise<boolean> {
    const data: LeaseData = { owner: this.owner, resumeAfter: resumeAfter.toString(), released };
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
