import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { limits } from '../../../config/limits.js';
import { EventStore } from '../../../edges/event-store/event-store.js';
import type { Clock } from '../../../kernel/clock.js';
import type { IdSource } from '../../../kernel/ids.js';
import { TooBusy, type CommandOutcome } from '../../command.js';
import { KnownCounters } from '../../counters/known-counters.js';
import { eventMetadata } from '../../event-metadata.js';
import { CLOCK, ID_SOURCE } from '../../tokens.js';
import { activityStream } from '../events.js';
import { RecordActivitiesCommand, type ActivitiesAccepted } from './record-activities.command.js';
import { decideRecordActivities } from './record-activities.decide.js';

/**
 * Stores the activities of a request in one event, durable when it is answered. Who sends them again stores them again: they
 * are counted once all the same, because each is known by its own id.
 */
@CommandHandler(RecordActivitiesCommand)
export class RecordActivitiesHandler implements ICommandHandler<RecordActivitiesCommand> {
  private inFlight = 0;
  private turn = 0;

  constructor(
    private readonly store: EventStore,
    private readonly counters: KnownCounters,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
  ) {}

  /** @throws TooBusy, AppendOutcomeUnknown, EventStoreUnavailable */
  async execute(command: RecordActivitiesCommand): Promise<CommandOutcome<ActivitiesAccepted>> {
    const count = command.request.activities.length;
    if (this.inFlight + count > limits.activitiesInFlightMax) {
      throw new TooBusy(`${this.inFlight} activities are under way: send these again shortly.`);
    }
    this.inFlight += count;
    try {
      return await this.record(command);
    } finally {
      this.inFlight -= count;
    }
  }

  private async record({
    context,
    request,
  }: RecordActivitiesCommand): Promise<CommandOutcome<ActivitiesAccepted>> {
    const { companyId } = context.principal;
    const named = new Set(request.activities.map(({ counter }) => counter));
    const decided = decideRecordActivities(request, {
      companyId,
      nowMs: this.clock.nowMs(),
      derivedCounters: await this.counters.derivedOf(companyId, named),
    });
    if (!decided.ok) return { kind: 'refused', refusal: decided.refusal, position: null, replayed: false };
    const event = {
      id: this.ids.newId(),
      ...decided.value,
      metadata: eventMetadata(context, context.requestId),
    };
    const { position } = await this.store.appendUnordered(this.nextStream(), event);
    const body = { accepted: request.activities.length };
    return { kind: 'accepted', body, position, replayed: false, settled: true };
  }

  private nextStream(): string {
    this.turn = (this.turn + 1) % limits.activityStreams;
    return activityStream(this.turn);
  }
}
