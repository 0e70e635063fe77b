import { Query } from '@nestjs/cqrs';
import type { Principal } from '../../../kernel/principal.js';
import type { HoldView } from '../hold-view.js';

/** Reads one hold from its stream. Answers null when the company has no such hold. */
export class ReadHoldQuery extends Query<{ readonly hold: HoldView; readonly position: string } | null> {
  constructor(
    readonly principal: Principal,
    readonly holdId: string,
  ) {
    super();
  }
}
