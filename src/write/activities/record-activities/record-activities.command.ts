import { Command } from '@nestjs/cqrs';
import type { CommandOutcome, RequestContext } from '../../command.js';
import type { RecordedActivity } from '../events.js';

/** Activities as the client sent them, defaults filled in and times in UTC. */
export interface RecordActivitiesRequest {
  /** A list in a field, or one that is the whole body: says where a pointer leads. */
  readonly form: 'list' | 'single';
  readonly activities: readonly RecordedActivity[];
}

/** What is answered: nothing is counted yet, and a repetition is not told from the first. */
export interface ActivitiesAccepted {
  readonly accepted: number;
}

export class RecordActivitiesCommand extends Command<CommandOutcome<ActivitiesAccepted>> {
  constructor(
    readonly context: RequestContext,
    readonly request: RecordActivitiesRequest,
  ) {
    super();
  }
}
