import type { ReadStreamOptions, StreamPage } from '../../src/edges/event-store/event-store.js';
import { InMemoryEventStore } from './in-memory-event-store.js';

/** A store whose pages can be kept from their reader, after they were read. */
export class HeldReadsStore extends InMemoryEventStore {
  /** Called with each page before its reader gets it; a spec makes it wait or throw. */
  afterRead: (streamName: string, options: ReadStreamOptions, page: StreamPage) => Promise<void> | void =
    () => undefined;

  override async readStream(streamName: string, options: ReadStreamOptions): Promise<StreamPage> {
    const page = await super.readStream(streamName, options);
    await this.afterRead(streamName, options, page);
    return page;
  }
}

/** A gate that callers wait at until it is opened. */
export class Gate {
  /** Resolves once somebody waits here. */
  readonly reached: Promise<void>;
  private arrive: () => void = () => undefined;
  private readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.arrive = resolve;
    });
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  wait(): Promise<void> {
    this.arrive();
    return this.opened;
  }
}
