import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../src/config/limits.js';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import { EventFeed } from './event-feed.js';
import { MONEY_STREAM_PREFIXES } from './money-streams.js';

/** A subscription and the feeds it fills. */
interface Convoy {
  readonly members: Set<EventFeed>;
  readonly stopping: AbortController;
  /** False until the subscription begins: who comes before that may still travel along. */
  isUnderWay: boolean;
  /** The newest event it has delivered. */
  position: bigint;
  hasCaughtUp: boolean;
}

/**
 * Reads the log for all projections of a process, each from its own position, with as few subscriptions as will do:
 * those that begin together, or have come to the same place, share one, so that each event is received once and not
 * once per read model. A feed that stays full leaves the others' subscription for one of its own.
 */
export class FeedHub {
  private readonly convoys = new Set<Convoy>();

  /** @param prefixes how the names of the streams begin that any of its feeds takes */
  constructor(
    private readonly store: EventStore,
    private readonly prefixes: readonly string[] = MONEY_STREAM_PREFIXES,
  ) {}

  /**
   * Opens a feed of everything after a position.
   *
   * @param signal ends it quietly
   * @param isAwaited whether somebody waits for what it brings
   * @param prefixes how the names of the streams begin that it takes, all of them among the hub's
   */
  open(
    after: bigint,
    signal: AbortSignal,
    isAwaited?: () => boolean,
    prefixes?: readonly string[],
  ): EventFeed {
    const feed = new EventFeed(after, isAwaited, prefixes);
    const waiting = [...this.convoys].find(({ isUnderWay }) => !isUnderWay);
    if (waiting === undefined) this.launch(feed, limits.projectionConvoyWaitMs);
    else waiting.members.add(feed);
    const leave = (): void => {
      feed.end(null);
      for (const convoy of this.convoys) this.remove(feed, convoy);
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return feed;
  }

  private launch(feed: EventFeed, waitMs: number): void {
    const convoy: Convoy = {
      members: new Set([feed]),
      stopping: new AbortController(),
      isUnderWay: false,
      position: 0n,
      hasCaughtUp: false,
    };
    this.convoys.add(convoy);
    void this.travel(convoy, waitMs).then(
      () => this.finish(convoy, null),
      (error: unknown) => this.finish(convoy, { error }),
    );
  }

  private async travel(convoy: Convoy, waitMs: number): Promise<void> {
    const { signal } = convoy.stopping;
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    convoy.isUnderWay = true;
    if (signal.aborted) return;
    const after = [...convoy.members]
      .map(({ offeredTo }) => offeredTo)
      .reduce((least, each) => (each < least ? each : least));
    convoy.position = after;
    const messages = this.store.subscribeAll({
      after: after === 0n ? 'start' : after,
      streamPrefixes: this.prefixes,
      signal,
    });
    for await (const message of messages) {
      if (signal.aborted) return;
      for (const feed of convoy.members) feed.give(message);
      if (message.kind === 'event') convoy.position = message.event.position;
      else if (message.kind === 'caught-up') convoy.hasCaughtUp = true;
      if (this.convoys.size > 1) this.merge(convoy);
      for (const feed of convoy.members) if (feed.isFull) await this.waitFor(feed, convoy);
    }
  }

  /** Lets others that stand at the very same event travel along. */
  private merge(convoy: Convoy): void {
    for (const other of this.convoys) {
      if (other === convoy || !other.isUnderWay || other.position !== convoy.position) continue;
      for (const feed of other.members) {
        convoy.members.add(feed);
        if (convoy.hasCaughtUp) feed.give({ kind: 'caught-up' });
      }
      other.members.clear();
      this.convoys.delete(other);
      other.stopping.abort();
    }
  }

  private async waitFor(feed: EventFeed, convoy: Convoy): Promise<void> {
    while (feed.isFull && convoy.members.has(feed)) {
      const patience = new AbortController();
      await Promise.race([
        feed.room(),
        sleep(limits.projectionConvoyPatienceMs, undefined, { signal: patience.signal }).catch(
          () => undefined,
        ),
      ]);
      patience.abort();
      if (!feed.isFull || convoy.members.size === 1 || !convoy.members.delete(feed)) continue;
      this.launch(feed, 0);
    }
  }

  private remove(feed: EventFeed, convoy: Convoy): void {
    if (!convoy.members.delete(feed) || convoy.members.size > 0) return;
    this.convoys.delete(convoy);
    convoy.stopping.abort();
  }

  private finish(convoy: Convoy, how: { readonly error: unknown } | null): void {
    this.convoys.delete(convoy);
    for (const feed of convoy.members) feed.end(how);
  }
}
