import { eventStoreLimits } from '../limits.js';

/** What an entry is reckoned to take besides its stream's name: an id of 16 bytes, a revision, a reference. */
const ENTRY_BYTES = 16 + 4 + 8;

interface Entry {
  readonly streamName: string;
  readonly revision: number;
}

/**
 * Where this process wrote the most recent events, by event id. Bounded, oldest out first, and empty after a restart:
 * what makes a repeated append with `any` the same append is best effort, as it is on EventStoreDB.
 */
export class RecentEventIds {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(private readonly bytesMax: number = eventStoreLimits.recentEventIdBytesMax) {}

  /** Remembers where an event is. The first place wins when an id is used twice. */
  add(eventId: string, streamName: string, revision: number): void {
    if (this.entries.has(eventId)) return;
    this.entries.set(eventId, { streamName, revision });
    this.bytes += ENTRY_BYTES + streamName.length;
    if (this.bytes <= this.bytesMax) return;
    for (const [oldestId, oldest] of this.entries) {
      this.entries.delete(oldestId);
      this.bytes -= ENTRY_BYTES + oldest.streamName.length;
      if (this.bytes <= this.bytesMax) return;
    }
  }

  /** The revision of the event, if it is remembered and in this stream. */
  revisionIn(streamName: string, eventId: string): number | undefined {
    const entry = this.entries.get(eventId);
    return entry?.streamName === streamName ? entry.revision : undefined;
  }

  clear(): void {
    this.entries.clear();
    this.bytes = 0;
  }
}
