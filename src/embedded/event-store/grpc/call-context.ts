import type { Clock } from '../../../kernel/clock.js';
import type { GroupCommit } from '../group-commit.js';
import type { EventLog } from '../log/event-log.js';
import type { ActiveCalls } from './active-calls.js';

/** What every handler works with. */
export interface CallContext {
  readonly log: EventLog;
  readonly commits: GroupCommit;
  readonly calls: ActiveCalls;
  readonly clock: Clock;
}
