import { randomUUID } from 'node:crypto';
import type { RecordedActivity } from '../../src/write/activities/events.js';
import {
  RecordActivitiesCommand,
  type ActivitiesAccepted,
} from '../../src/write/activities/record-activities/record-activities.command.js';
import { RecordActivitiesHandler } from '../../src/write/activities/record-activities/record-activities.handler.js';
import type { CommandOutcome } from '../../src/write/command.js';
import type { CounterView } from '../../src/write/counters/counter-view.js';
import { DefineCounterCommand } from '../../src/write/counters/define-counter/define-counter.command.js';
import { DefineCounterHandler } from '../../src/write/counters/define-counter/define-counter.handler.js';
import { KnownCounters } from '../../src/write/counters/known-counters.js';
import { InMemoryEventStore } from './in-memory-event-store.js';
import { aContext } from './write-side.js';

/** One process's commands about activities and counters. */
export class CounterSide {
  private readonly recording: RecordActivitiesHandler;
  private readonly defining: DefineCounterHandler;

  constructor(readonly store = new InMemoryEventStore()) {
    const known = new KnownCounters(store);
    const clock = { nowMs: () => Date.now() };
    const ids = { newId: () => randomUUID() };
    this.recording = new RecordActivitiesHandler(store, known, clock, ids);
    this.defining = new DefineCounterHandler(store, known, clock, ids);
  }

  record(
    activities: readonly RecordedActivity[],
    companyId = 'default',
  ): Promise<CommandOutcome<ActivitiesAccepted>> {
    const principal = { subject: 's', companyId, roles: [] };
    const request = { form: 'list', activities } as const;
    return this.recording.execute(new RecordActivitiesCommand(aContext({ principal }), request));
  }

  /** Defines a counter of all legs by account. */
  define(counter: string): Promise<CommandOutcome<CounterView>> {
    const where = { kind: null, currency: null, direction: null };
    return this.defining.execute(new DefineCounterCommand(aContext(), { counter, by: ['account'], where }));
  }
}
