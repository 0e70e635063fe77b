import type { RecordedEvent } from '../../../src/edges/event-store/event-store.js';
import type { Scope } from '../workload/commands.js';
import { must } from './violation.js';

/** What the log says a key stands for. */
export interface KeyRecord {
  /** The request as it was recorded, or null until something recorded it. */
  readonly request: object;
  readonly requestAt: bigint;
  outcome: KeyOutcome | null;
}

export interface KeyOutcome {
  readonly kind: 'accepted' | 'refused';
  /** Of the last event of the outcome. */
  readonly position: bigint;
  readonly streamName: string;
  readonly revision: bigint;
  /** The refusal's code, or empty. */
  readonly code: string;
}

/** Every key the log has seen, with its one outcome. */
export class KeyRegister {
  readonly records = new Map<Scope, KeyRecord>();
  /** Which key an administrative command was claimed under. */
  private readonly claims = new Map<string, Scope>();

  /** A key is recorded with its request. */
  open(scope: Scope, request: object, { position }: RecordedEvent): KeyRecord {
    must(!this.records.has(scope), 'one-key-one-outcome', () => `the key ${scope} is recorded twice`);
    const record: KeyRecord = { request, requestAt: position, outcome: null };
    this.records.set(scope, record);
    return record;
  }

  /** A key is recorded with its request and outcome in one. */
  decide(scope: Scope, request: object, event: RecordedEvent, code: string | null): void {
    const { position, streamName, revision } = event;
    const kind = code === null ? 'accepted' : 'refused';
    this.open(scope, request, event).outcome = { kind, position, streamName, revision, code: code ?? '' };
  }

  /** A key is claimed for a command whose event stands elsewhere. */
  claim(commandId: string, scope: Scope, request: object, event: RecordedEvent): void {
    this.open(scope, request, event);
    this.claims.set(commandId, scope);
  }

  /** An event carries a claimed command out; several may, next to each other. */
  carryOut(commandId: string, { streamName, revision, position }: RecordedEvent): void {
    const record = this.records.get(this.claims.get(commandId) ?? '');
    must(record, 'one-key-one-outcome', () => `command ${commandId} is carried out without its claim`);
    const before = record.outcome;
    const isNext = before === null || (before.streamName === streamName && before.revision + 1n === revision);
    must(isNext, 'one-key-one-outcome', () => `command ${commandId} is carried out twice on ${streamName}`);
    record.outcome = { kind: 'accepted', position, streamName, revision, code: '' };
  }
}
