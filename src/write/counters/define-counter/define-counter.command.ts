import { Command } from '@nestjs/cqrs';
import type { CommandOutcome, RequestContext } from '../../command.js';
import type { CounterView } from '../counter-view.js';
import type { CounterFilter, CounterPart } from '../events.js';

/** The definition as the client sent it, defaults filled in. */
export interface DefineCounterRequest {
  readonly counter: string;
  readonly by: readonly CounterPart[];
  readonly where: CounterFilter;
}

/** The name is the key: the same definition again is answered as the first. */
export class DefineCounterCommand extends Command<CommandOutcome<CounterView>> {
  constructor(
    readonly context: RequestContext,
    readonly request: DefineCounterRequest,
  ) {
    super();
  }
}
