import { eventTypeFilter, START, streamNameFilter } from '@eventstore/db-client';
import type { AllStreamResolvedEvent, EventStoreDBClient, Filter, Position } from '@eventstore/db-client';
import { limits } from '../../config/limits.js';
import { assert } from '../../kernel/assert.js';
import { EventStoreUnavailable, type SubscribeAllOptions, type SubscriptionMessage } from './event-store.js';
import { toRecordedEvent } from './recorded-event.js';
import type { StoreObserver } from './store-outage.js';

type FilterOptions = Parameters<typeof streamNameFilter>[0];
type Signal = Exclude<SubscriptionMessage, { kind: 'event' }>;

/**
 * Follows `$all` through the official client as one ordered sequence.
 *
 * The client reports checkpoints and caught-up beside the stream of events, ahead of events that still wait in its
 * buffer. Here they are pushed into that same buffer, so that a reader meets them in the log's order.
 */
export async function* followAll(
  client: EventStoreDBClient,
  options: SubscribeAllOptions,
  observer: StoreObserver,
): AsyncGenerator<SubscriptionMessage> {
  const { signal } = options;
  if (signal.aborted) return;
  const push = (message: Signal): void => {
    subscription.push(message);
  };
  const subscription = client.subscribeToAll(
    {
      fromPosition: options.after === 'start' ? START : { commit: options.after, prepare: options.after },
      filter: filterOf(options, {
        checkpointInterval: limits.subscriptionCheckpointIntervalPages,
        maxSearchWindow: limits.subscriptionSearchWindowEvents,
        checkpointReached: (_subscription: unknown, position: Position) => {
          push({ kind: 'checkpoint', position: position.commit });
          return Promise.resolve();
        },
      }),
    },
    { highWaterMark: limits.subscriptionBufferEventsMax },
  );
  subscription.on('caughtUp', () => push({ kind: 'caught-up' }));
  const end = (): void => {
    subscription.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const message of subscription as AsyncIterable<AllStreamResolvedEvent | Signal>) {
      observer.reached();
      if ('kind' in message) yield message;
      else if (message.event) yield { kind: 'event', event: toRecordedEvent(message.event) };
    }
  } catch (error) {
    if (isAborted(signal)) return;
    const reason = error instanceof Error ? error.message : String(error);
    observer.lost(`The subscription to $all broke off (${reason}).`);
    throw new EventStoreUnavailable(`The subscription to $all broke off (${reason}).`, { cause: error });
  } finally {
    signal.removeEventListener('abort', end);
    // Leaving the loop does not end the call by itself; a lost connection may leave nothing to cancel.
    await subscription.unsubscribe().catch(() => undefined);
  }
  if (!isAborted(signal)) throw new EventStoreUnavailable('The event store ended the subscription to $all.');
}

function filterOf(
  { streamPrefixes, exceptEventTypes }: SubscribeAllOptions,
  pacing: Pick<FilterOptions, 'checkpointInterval' | 'maxSearchWindow' | 'checkpointReached'>,
): Filter {
  assert(
    (streamPrefixes === undefined) !== (exceptEventTypes === undefined),
    'A subscription has one filter.',
  );
  if (streamPrefixes) return streamNameFilter({ ...pacing, prefixes: [...streamPrefixes] });
  // Whole names: a prefix would let the next version of a type pass as this one.
  const names = (exceptEventTypes ?? []).map((type) => `${type.replaceAll('.', '\\.')}$`);
  return eventTypeFilter({ ...pacing, regex: `^(?!${['\\$', ...names].join('|')})` });
}

/** Read again after waiting: the signal may have fired since it was last looked at. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
