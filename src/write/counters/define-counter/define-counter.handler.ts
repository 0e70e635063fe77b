import { Inject } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { EventStore } from '../../../edges/event-store/event-store.js';
import { toLedgerEvent } from '../../../edges/event-store/ledger-event.js';
import { assert } from '../../../kernel/assert.js';
import { toInstant, type Clock } from '../../../kernel/clock.js';
import type { IdSource } from '../../../kernel/ids.js';
import type { CommandOutcome } from '../../command.js';
import { eventMetadata } from '../../event-metadata.js';
import { counterIdOf, differingFields } from '../../identity.js';
import { refusal, type Refusal } from '../../refusals.js';
import { CLOCK, ID_SOURCE } from '../../tokens.js';
import type { CounterView } from '../counter-view.js';
import { counterStream, type CounterDefined } from '../events.js';
import { KnownCounters } from '../known-counters.js';
import { DefineCounterCommand, type DefineCounterRequest } from './define-counter.command.js';
import { decideDefineCounter } from './define-counter.decide.js';

/** The counter's id comes from its name, so the stream itself is the record of what it was defined as: it is created once. */
@CommandHandler(DefineCounterCommand)
export class DefineCounterHandler implements ICommandHandler<DefineCounterCommand> {
  constructor(
    private readonly store: EventStore,
    private readonly counters: KnownCounters,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
  ) {}

  /** @throws AppendOutcomeUnknown, EventStoreUnavailable */
  async execute({ context, request }: DefineCounterCommand): Promise<CommandOutcome<CounterView>> {
    const { companyId } = context.principal;
    const counterId = counterIdOf(companyId, request.counter);
    const now = toInstant(this.clock.nowMs());
    const decided = decideDefineCounter(request, { counterId, companyId, now });
    if (!decided.ok) return refusedNow(decided.refusal);
    const stream = counterStream(counterId);
    // Not derived from the request: who defines it again must learn that it was defined, not be told that it is new.
    const id = this.ids.newId();
    const appended = await this.store.append(stream, 'no_stream', [
      { id, ...decided.value, metadata: eventMetadata(context, counterId) },
    ]);
    this.counters.learn(counterId);
    if (appended.kind === 'appended') {
      const body = toView(decided.value);
      return { kind: 'accepted', body, position: appended.position, replayed: false, settled: true };
    }
    const { defined, position } = await this.first(stream);
    const fields = differingFields(definitionOf(defined.data), definitionOf(request));
    if (fields.length > 0) {
      const { counter } = request;
      return refusedNow(refusal('counter-defined-otherwise', null, { counter, fields: fields.join(',') }));
    }
    return { kind: 'accepted', body: toView(defined), position, replayed: true, settled: true };
  }

  private async first(
    stream: string,
  ): Promise<{ readonly defined: CounterDefined; readonly position: bigint }> {
    const page = await this.store.readStream(stream, { countMax: 1 });
    const recorded = page.events[0];
    assert(recorded, `${stream} exists, so it has a first event.`);
    const defined = toLedgerEvent(recorded);
    assert(defined.type === 'CounterDefined', `${stream} begins with its definition.`);
    return { defined, position: recorded.position };
  }
}

function definitionOf({ by, where }: Pick<DefineCounterRequest, 'by' | 'where'>): object {
  return { by, where };
}

function toView({ data }: CounterDefined): CounterView {
  const { counter, by, where, definedAt } = data;
  return { counter, by, where, definedAt };
}

function refusedNow(why: Refusal): CommandOutcome<CounterView> {
  return { kind: 'refused', refusal: why, position: null, replayed: false };
}
