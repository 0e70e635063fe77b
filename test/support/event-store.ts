import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type {
  AllStreamSubscription,
  EventData,
  JSONType,
  ResolvedEvent,
  StreamSubscription,
} from '@eventstore/db-client';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStoreHandle,
  type EmbeddedEventStoreOptions,
} from '../../src/embedded/event-store/embedded-event-store.js';

/** How long a test waits for something that should happen at once. */
const WAIT_MS = 10_000;

/** A store of its own in a directory of its own, with one client. */
export interface TestEventStore {
  readonly handle: EmbeddedEventStoreHandle;
  readonly client: EventStoreDBClient;
  readonly directory: string;
  /** Ends everything and removes the directory. */
  dispose(): Promise<void>;
}

/** Starts a store in a fresh temporary directory on a free port. */
export async function startTestEventStore(
  options: Partial<EmbeddedEventStoreOptions> = {},
): Promise<TestEventStore> {
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-event-store-'));
  const handle = await startEmbeddedEventStore({ dataDirectory: directory, port: 0, ...options });
  const client = EventStoreDBClient.connectionString(handle.connectionString);
  return {
    handle,
    client,
    directory,
    dispose: async () => {
      await client.dispose();
      await handle.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts the store of a directory that a test has used before. Its owner removes the directory. */
export async function reopenEventStore(
  dataDirectory: string,
  options: Partial<EmbeddedEventStoreOptions> = {},
): Promise<Omit<TestEventStore, 'directory'>> {
  const handle = await startEmbeddedEventStore({ dataDirectory, port: 0, ...options });
  const client = EventStoreDBClient.connectionString(handle.connectionString);
  return {
    handle,
    client,
    dispose: async () => {
      await client.dispose();
      await handle.stop();
    },
  };
}

/** Waits until `condition` holds. @throws Error naming `what` when it does not in time */
export async function waitFor(
  what: string,
  condition: () => boolean,
  timeoutMs: number = WAIT_MS,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}.`);
    await sleep(5);
  }
}

/** Reads to the end. */
export async function collect(read: AsyncIterable<ResolvedEvent>): Promise<ResolvedEvent[]> {
  const events: ResolvedEvent[] = [];
  for await (const event of read) events.push(event);
  return events;
}

/** The revisions of what was read. */
export async function revisions(read: AsyncIterable<ResolvedEvent>): Promise<bigint[]> {
  return (await collect(read)).map(({ event }) => event?.revision ?? -1n);
}

/** An event that says nothing much. */
export function anEvent(
  options: { readonly id?: string; readonly type?: string; readonly data?: JSONType } = {},
): EventData {
  const { id, type = 'Happened', data = {} } = options;
  return jsonEvent({ ...(id === undefined ? {} : { id }), type, data });
}

/** What a call rejects with. @throws Error when it does not reject */
export async function rejectionOf(call: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error as Error & Record<string, unknown>;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** What a subscription was told, in order, as short texts: `event 0@stream`, `checkpoint`, `caught-up`. */
export interface SubscriptionDiary {
  readonly entries: string[];
  readonly events: ResolvedEvent[];
  readonly checkpoints: bigint[];
  /** Subscriptions that fail say why here. */
  readonly errors: Error[];
  unsubscribe(): Promise<void>;
}

/**
 * Keeps a diary of a subscription. `subscribe` is handed the listener for checkpoints.
 */
export function keepDiary(
  subscribe: (onCheckpoint: (position: bigint) => void) => StreamSubscription | AllStreamSubscription,
): SubscriptionDiary {
  const entries: string[] = [];
  const events: ResolvedEvent[] = [];
  const checkpoints: bigint[] = [];
  const errors: Error[] = [];
  const subscription = subscribe((position) => {
    entries.push('checkpoint');
    checkpoints.push(position);
  });
  subscription.on('confirmation', () => entries.push('confirmation'));
  subscription.on('caughtUp', () => entries.push('caught-up'));
  subscription.on('error', (error: Error) => errors.push(error));
  subscription.on('data', (resolved: ResolvedEvent) => {
    events.push(resolved);
    entries.push(`event ${resolved.event?.revision ?? ''}@${resolved.event?.streamId ?? ''}`);
  });
  return {
    entries,
    events,
    checkpoints,
    errors,
    unsubscribe: async () => {
      await subscription.unsubscribe();
    },
  };
}
