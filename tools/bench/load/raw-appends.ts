import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, type JSONType } from '@eventstore/db-client';
import { IN_FLIGHT } from '../phases.js';
import { preload } from '../preload/preload.js';
import type { Tally } from './tally.js';

const STREAM_PREFIX = 'benchRaw-';
const EVENT_TYPE = 'BenchRawAppended';
const ENTRIES_LOOKED_AT = 2;

interface Sample {
  readonly data: JSONType;
  readonly metadata: JSONType;
}

/**
 * Appends single events through the official client, straight to the store: what the ledger could reach if a transfer were
 * nothing but its appends. The events are copies of those of a real transfer, in streams that nothing folds.
 */
export class RawAppends {
  private readonly client: EventStoreDBClient;
  private samples: readonly Sample[] = [];

  constructor(eventStoreUrl: string) {
    this.client = EventStoreDBClient.connectionString(eventStoreUrl);
  }

  /** Looks at the events of one transfer: reservation, commit, and an entry on either side. */
  async prepare(transfer: {
    readonly transactionId: string;
    readonly from: string;
    readonly to: string;
  }): Promise<void> {
    this.samples = [
      ...(await this.newest(`account-${transfer.from}`, ENTRIES_LOOKED_AT)),
      ...(await this.newest(`transaction-${transfer.transactionId}`, 1)),
      ...(await this.newest(`account-${transfer.to}`, 1)),
    ];
  }

  /** Keeps `IN_FLIGHT` appends under way until the tally's end, one event each, over as many streams as there are accounts. */
  async run(accountIds: readonly string[], tally: Tally): Promise<void> {
    const { samples } = this;
    let made = 0;
    const appendUntilEnd = async (): Promise<void> => {
      for (let sentMs = performance.now(); sentMs < tally.toMs; sentMs = performance.now()) {
        const sample = samples[made % samples.length];
        const accountId = accountIds[Math.floor(Math.random() * accountIds.length)];
        if (sample === undefined || accountId === undefined) return;
        made += 1;
        const event = jsonEvent({ id: randomUUID(), type: EVENT_TYPE, ...sample });
        const wrong = await this.client.appendToStream(`${STREAM_PREFIX}${accountId}`, event).then(
          () => null,
          (error: unknown) => (error instanceof Error ? error.name : 'no answer'),
        );
        tally.addWork(sentMs, performance.now(), 1, wrong);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, appendUntilEnd));
  }

  /** Stores accounts and events straight in the streams: one client a process, so it is this one. */
  preload(runId: string, accounts: number, onChunk: (stored: number) => void): ReturnType<typeof preload> {
    return preload(this.client, runId, accounts, onChunk);
  }

  private async newest(streamName: string, count: number): Promise<Sample[]> {
    const samples: Sample[] = [];
    const read = this.client.readStream(streamName, {
      direction: 'backwards',
      fromRevision: 'end',
      maxCount: count,
    });
    for await (const { event } of read) {
      if (event) samples.push({ data: event.data as JSONType, metadata: event.metadata as JSONType });
    }
    return samples;
  }
}
