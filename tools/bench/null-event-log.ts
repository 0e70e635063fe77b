import { randomUUID } from 'node:crypto';
import type {
  AppendOutcome,
  AppendRequest,
  EventLog,
  LogRecord,
  Page,
  StreamRecord,
  StreamView,
} from '../../src/embedded/event-store/log/event-log.js';

/** A log that stores nothing and agrees to everything: what is left is the price of the protocol. */
export class NullEventLog implements EventLog {
  readonly storeId = randomUUID();
  private position = 1;

  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    const outcomes = requests.map(({ events }): AppendOutcome => {
      this.position += 1;
      return { kind: 'appended', revision: events.length - 1, position: this.position };
    });
    return Promise.resolve(outcomes);
  }

  onCommit(): () => void {
    return () => undefined;
  }

  lastPosition(): number {
    return this.position;
  }

  readAll(): Page<LogRecord> {
    return { records: [], next: undefined };
  }

  viewStream(): StreamView | undefined {
    return undefined;
  }

  readStream(): Page<StreamRecord> {
    return { records: [], next: undefined };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
