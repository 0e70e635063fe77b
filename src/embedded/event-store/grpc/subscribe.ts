import { randomUUID } from 'node:crypto';
import { eventStoreLimits } from '../limits.js';
import type { EventLog, PageSize, StreamRecord } from '../log/event-log.js';
import { recordCreatedMs } from '../log/record.js';
import type { CallContext } from './call-context.js';
import type { EventFilter } from './filters.js';
import type { Outlet } from './outlet.js';
import { encodeCaughtUp, encodeCheckpoint, encodeConfirmation } from './read-response.js';
import type { AllSubscription, Presentation, StreamSubscription } from './read-request.js';

const pageSize: PageSize = {
  eventsMax: eventStoreLimits.pageEventsMax,
  bytesMax: eventStoreLimits.pageBytesMax,
};

/**
 * Follows one stream. Confirms, catches up, says so once, and goes on with what is committed. It reads from the log at
 * its reader's pace in both phases, so a slow reader is behind, never overrun. Truncation hides events only while
 * catching up. A stream that does not exist yet is waited for.
 */
export async function subscribeToStream(
  asked: StreamSubscription,
  presentation: Presentation,
  { log }: CallContext,
  outlet: Outlet,
): Promise<void> {
  const initial = log.viewStream(asked.streamName);
  const lastRevision = initial?.lastRevision ?? -1;
  let next = asked.after === 'start' ? 0 : asked.after === 'end' ? lastRevision + 1 : asked.after + 1;
  let isLive = false;
  const isVisible = (
    record: StreamRecord,
    visible: { firstRevision: number; recordedFromMs: number },
  ): boolean =>
    isLive ||
    (record.revision >= visible.firstRevision && recordCreatedMs(record.bytes) >= visible.recordedFromMs);

  await outlet.send(encodeConfirmation(randomUUID()));
  await followCommits(log, outlet, async () => {
    const view = log.viewStream(asked.streamName);
    if (view && next <= view.lastRevision) {
      const page = log.readStream(view.id, next, 'forwards', pageSize);
      for (const record of page.records) {
        if (outlet.closed) return 'done';
        next = record.revision + 1;
        if (!isVisible(record, view.visible)) continue;
        const lag = outlet.sendEvent(record, presentation);
        if (lag) await lag;
      }
      return 'more';
    }
    if (!isLive) {
      isLive = true;
      await outlet.send(encodeCaughtUp());
      return 'more';
    }
    return 'done';
  });
}

/** Follows `$all`, as `subscribeToStream` follows a stream; with a filter it also sends checkpoints. */
export async function subscribeToAll(
  asked: AllSubscription,
  presentation: Presentation,
  { log }: CallContext,
  outlet: Outlet,
): Promise<void> {
  const { filter } = asked;
  let after = asked.after === 'start' ? 0 : asked.after === 'end' ? log.lastPosition() : asked.after;
  let isLive = false;
  const checkpoints = filter ? new Checkpoints(filter, after) : undefined;

  await outlet.send(encodeConfirmation(randomUUID()));
  await followCommits(log, outlet, async () => {
    const page = log.readAll(after + 1, 'forwards', pageSize);
    for (const record of page.records) {
      if (outlet.closed) return 'done';
      after = record.position;
      if (!filter || filter.matches(record.bytes)) {
        const lag = outlet.sendEvent(record, presentation);
        if (lag) await lag;
      }
      if (checkpoints?.considered(record.position)) await outlet.send(encodeCheckpoint(record.position));
    }
    if (page.records.length > 0) return 'more';
    if (!isLive) {
      isLive = true;
      const checkpoint = checkpoints?.caughtUp();
      if (checkpoint !== undefined) await outlet.send(encodeCheckpoint(checkpoint));
      await outlet.send(encodeCaughtUp());
      return 'more';
    }
    return 'done';
  });
}

/**
 * When to send a checkpoint: after every so many events looked at, matching or not, and at the end of catching up.
 * It is the position of the last event looked at, so resuming from it misses nothing and repeats nothing.
 */
class Checkpoints {
  private consideredEvents = 0;
  private lastConsidered: number;

  constructor(
    private readonly filter: EventFilter,
    private lastSent: number,
  ) {
    this.lastConsidered = lastSent;
  }

  /** Counts an event. @returns whether a checkpoint is due at it */
  considered(position: number): boolean {
    this.lastConsidered = position;
    this.consideredEvents += 1;
    if (this.consideredEvents < this.filter.checkpointEveryEvents) return false;
    this.consideredEvents = 0;
    this.lastSent = position;
    return true;
  }

  /** Counting begins anew for what is live. @returns the checkpoint to send, if it says something new */
  caughtUp(): number | undefined {
    this.consideredEvents = 0;
    if (this.lastConsidered <= this.lastSent) return undefined;
    this.lastSent = this.lastConsidered;
    return this.lastSent;
  }
}

/** Calls `step` until it says "done", then again after each commit, until the call is over. */
async function followCommits(
  log: EventLog,
  outlet: Outlet,
  step: () => Promise<'more' | 'done'>,
): Promise<void> {
  let hasNews = true;
  const unsubscribe = log.onCommit(() => {
    hasNews = true;
    outlet.wake();
  });
  try {
    while (!outlet.closed) {
      if (!hasNews) await outlet.pause();
      hasNews = false;
      while (!outlet.closed && (await step()) === 'more');
    }
  } finally {
    unsubscribe();
  }
}
