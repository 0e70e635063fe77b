import type { Reply } from '../world/simulated-process.js';
import type { CommandKind } from './commands.js';

/** How the commands of one kind ended for their clients. */
export interface OutcomeCounts {
  sent: number;
  accepted: number;
  replayed: number;
  /** Refused for ever, and recorded. */
  rejected: number;
  /** Refused, and not recorded. */
  refused: number;
  busy: number;
  unknown: number;
}

/** Counts commands by kind and outcome. */
export class Outcomes {
  readonly byKind = new Map<CommandKind | 'read', OutcomeCounts>();
  /** Commands and reads so far, those on their way included. */
  begun = 0;

  count(kind: CommandKind, reply: Reply): void {
    const counts = this.of(kind);
    counts.sent += 1;
    if (reply.kind !== 'answered') counts[reply.kind] += 1;
    else if (reply.outcome.replayed) counts.replayed += 1;
    else if (reply.outcome.kind === 'accepted') counts.accepted += 1;
    else if (reply.outcome.position === null) counts.refused += 1;
    else counts.rejected += 1;
  }

  countRead(isAnswered: boolean): void {
    const counts = this.of('read');
    counts.sent += 1;
    if (isAnswered) counts.accepted += 1;
    else counts.unknown += 1;
  }

  private of(kind: CommandKind | 'read'): OutcomeCounts {
    const known = this.byKind.get(kind);
    if (known) return known;
    const counts = { sent: 0, accepted: 0, replayed: 0, rejected: 0, refused: 0, busy: 0, unknown: 0 };
    this.byKind.set(kind, counts);
    return counts;
  }
}
