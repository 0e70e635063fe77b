import type {
  AppendOutcome,
  ExpectedRevision,
  NewEvent,
  ReadStreamOptions,
  StreamPage,
} from '../../src/edges/event-store/event-store.js';
import { AccountExecutors, type AccountTask } from '../../src/write/accounts/executors.js';
import type { AccountEvent } from '../../src/write/accounts/events.js';
import type { AccountState } from '../../src/write/accounts/state.js';
import { eventIdOf } from '../../src/write/identity.js';
import type { ReadStream, StreamTask, TaskOutcome } from '../../src/write/streams/stream-executor.js';
import type { TransactionEvent } from '../../src/write/transactions/events.js';
import { TransactionExecutors } from '../../src/write/transactions/executors.js';
import type { TransactionState } from '../../src/write/transactions/state.js';
import { Connection } from './world/connection.js';
import { SOUND_PARTS, type Parts } from './world/simulated-process.js';

/** A mistake that somebody could make in the code under test, made on purpose around it. */
export interface PlantedBug {
  readonly name: string;
  readonly what: string;
  readonly parts: Parts;
}

type Decision<Event> = ReturnType<StreamTask<unknown, Event, unknown>['decide']>;

/** The same task with another decision; what it tells its caller stays as it was. */
function redecided<State, Event, R>(
  task: StreamTask<State, Event, R>,
  change: (decision: Decision<Event>, state: State | null, revision: bigint) => Decision<Event>['events'],
): StreamTask<State, Event, R> {
  return {
    ...task,
    decide: (state, revision) => {
      const decision = task.decide(state, revision);
      return { ...decision, events: change(decision, state, revision) };
    },
  };
}

/** Only reserving is neither owed, nor looked up, nor alone. */
function isReserving<R>({ owed, doneWhen, alone }: AccountTask<R>): boolean {
  return owed !== true && doneWhen === undefined && alone !== true;
}

class AppendsAnywhere extends Connection {
  override append(
    streamName: string,
    _expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    return this.send(streamName, 'any', events);
  }
}

class AcknowledgesTooEarly extends Connection {
  private count = 0;

  override append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    this.count += 1;
    if (this.count % 100 !== 0) return super.append(streamName, expected, events);
    const revision = (expected === 'no_stream' ? -1n : expected) + BigInt(events.length);
    return this.headPosition().then((head) => ({ kind: 'appended', revision, position: head + 10n }));
  }
}

class ForgetsItsFences extends Connection {
  private readonly forgotten = new Map<string, NewEvent[]>();

  override async append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    const [fence] = events;
    if (fence?.type !== 'AttemptAbandoned') return super.append(streamName, expected, events);
    this.forgotten.set(streamName, [...(this.forgotten.get(streamName) ?? []), fence]);
    const position = await this.headPosition();
    return { kind: 'appended', revision: expected === 'no_stream' ? 0n : expected + 1n, position };
  }

  override async readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    const { exists, events } = await super.readStream(streamName, options);
    const revision = events.at(-1)?.revision ?? -1n;
    const fences = this.forgotten.get(streamName) ?? [];
    const recorded = fences.map((event) => ({
      ...event,
      streamName,
      revision,
      position: 0n,
      recordedAtMs: 0,
    }));
    return { exists, events: [...events, ...recorded] };
  }
}

class NamesOutcomesAfterTheKey extends Connection {
  override append(
    streamName: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendOutcome> {
    const renamed = events.map((event) =>
      /^Transaction(Posted|Authorized|Rejected)$/.test(event.type)
        ? { ...event, id: eventIdOf(streamName.slice('transaction-'.length), 'outcome') }
        : event,
    );
    return super.append(streamName, expected, renamed);
  }
}

class KeepsWhatIsToBeReleased extends AccountExecutors {
  override execute<R>(id: string, task: AccountTask<R>): Promise<TaskOutcome<R>> {
    const kept = redecided(task, ({ events }) =>
      events.some(({ event }) => event.type === 'ReservationReleased') ? [] : events,
    );
    return super.execute(id, kept);
  }
}

class SettlesWithoutLooking extends AccountExecutors {
  override execute<R>(id: string, task: AccountTask<R>): Promise<TaskOutcome<R>> {
    if (task.doneWhen === undefined || task.owed !== true) return super.execute(id, task);
    const { doneWhen: _proof, ...blind } = task;
    const anew = redecided<AccountState, AccountEvent, R>(blind, ({ events }, _state, revision) =>
      events.map(({ id: eventId, event }) => ({ id: eventIdOf(eventId, `${revision}`), event })),
    );
    return super.execute(id, anew);
  }
}

class ReservesInTheBackground extends AccountExecutors {
  override async execute<R>(id: string, task: AccountTask<R>): Promise<TaskOutcome<R>> {
    const known = isReserving(task) ? await this.read(id, { current: false }) : null;
    if (!known) return super.execute(id, task);
    const { result } = task.decide(known.state, known.revision);
    void super.execute(id, task).catch(() => undefined);
    return { kind: 'done', result, revision: known.revision, position: known.position };
  }
}

class ReservesBelowTheFloor extends AccountExecutors {
  override execute<R>(id: string, task: AccountTask<R>): Promise<TaskOutcome<R>> {
    if (!isReserving(task)) return super.execute(id, task);
    const decide: AccountTask<R>['decide'] = (state, revision) =>
      task.decide(state && { ...state, overdraftLimit: null }, revision);
    return super.execute(id, { ...task, decide });
  }
}

class ReadsFromMemory extends AccountExecutors {
  override read(id: string): Promise<ReadStream<AccountState> | null> {
    return super.read(id, { current: false });
  }
}

class KeepsTheRestOfCaptures extends TransactionExecutors {
  override execute<R>(
    id: string,
    task: StreamTask<TransactionState, TransactionEvent, R>,
  ): Promise<TaskOutcome<R>> {
    const kept = redecided(task, ({ events }) =>
      events.map(({ id: eventId, event }) =>
        event.type === 'HoldCaptured'
          ? { id: eventId, event: { ...event, data: { ...event.data, released: [] } } }
          : { id: eventId, event },
      ),
    );
    return super.execute(id, kept);
  }
}

class ExpiresAtTheFirstEnd extends TransactionExecutors {
  override execute<R>(
    id: string,
    task: StreamTask<TransactionState, TransactionEvent, R>,
  ): Promise<TaskOutcome<R>> {
    const decide: typeof task.decide = (state, revision) => {
      if (!state?.hold) return task.decide(state, revision);
      const expiresAt = state.hold.authorized.data.expiresAt ?? state.hold.expiresAt;
      const early = task.decide({ ...state, hold: { ...state.hold, expiresAt } }, revision);
      const isExpiry = early.events.some(({ event }) => event.type === 'HoldExpired');
      return isExpiry ? early : task.decide(state, revision);
    };
    return super.execute(id, { ...task, decide });
  }
}

class TakesRecordedForEffective extends TransactionExecutors {
  override async read(
    ...args: Parameters<TransactionExecutors['read']>
  ): ReturnType<TransactionExecutors['read']> {
    const read = await super.read(...args);
    const posted = read?.state.posted;
    if (!read || !posted) return read;
    const { data } = posted.posted;
    const dated = { ...posted.posted, data: { ...data, effectiveAt: data.recordedAt } };
    return { ...read, state: { ...read.state, posted: { ...posted, posted: dated } } };
  }
}

/** Every planted bug; each has to be caught. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'no expected revision',
    what: 'appends go to the end of the stream, whatever its sender saw',
    parts: { ...SOUND_PARTS, connection: (...args) => new AppendsAnywhere(...args) },
  },
  {
    name: 'release skipped',
    what: 'what an attempt or a hold gives back stays set aside',
    parts: { ...SOUND_PARTS, accounts: (...args) => new KeepsWhatIsToBeReleased(...args) },
  },
  {
    name: 'settled twice',
    what: 'whoever settles does not look whether the entry stands already',
    parts: { ...SOUND_PARTS, accounts: (...args) => new SettlesWithoutLooking(...args) },
  },
  {
    name: 'commit before reserving',
    what: 'the commit does not wait until the reservations stand',
    parts: { ...SOUND_PARTS, accounts: (...args) => new ReservesInTheBackground(...args) },
  },
  {
    name: 'rest of a capture kept',
    what: 'the last capture of a hold forgets to give back the rest',
    parts: { ...SOUND_PARTS, transactions: (...args) => new KeepsTheRestOfCaptures(...args) },
  },
  {
    name: 'one outcome id for a key',
    what: 'the outcomes of two attempts have one event id, and pass for the same append',
    parts: { ...SOUND_PARTS, connection: (...args) => new NamesOutcomesAfterTheKey(...args) },
  },
  {
    name: 'fence forgotten',
    what: 'recovery releases what it took for fenced off, and the attempt can still commit',
    parts: { ...SOUND_PARTS, connection: (...args) => new ForgetsItsFences(...args) },
  },
  {
    name: 'floor not asked',
    what: 'reservations are made whatever is available',
    parts: { ...SOUND_PARTS, accounts: (...args) => new ReservesBelowTheFloor(...args) },
  },
  {
    name: 'acknowledged too early',
    what: 'one append in a hundred is acknowledged and never sent',
    parts: { ...SOUND_PARTS, connection: (...args) => new AcknowledgesTooEarly(...args) },
  },
  {
    name: 'strong reads from memory',
    what: 'a read that has to be current does not look at the stream',
    parts: { ...SOUND_PARTS, accounts: (...args) => new ReadsFromMemory(...args) },
  },
  {
    name: 'extension ignored',
    what: 'a hold expires at its first end, though it was extended',
    parts: { ...SOUND_PARTS, transactions: (...args) => new ExpiresAtTheFirstEnd(...args) },
  },
  {
    name: 'recorded for effective',
    what: 'a reversal at the effective time of its original takes the time at which that was recorded',
    parts: { ...SOUND_PARTS, transactions: (...args) => new TakesRecordedForEffective(...args) },
  },
];
