/**
 * Every bound the embedded event store keeps. Those marked (24.10) are what an EventStoreDB 24.10 node does,
 * so that nothing passes here that production refuses.
 */
export const eventStoreLimits = {
  /** One append, summed over its events and messages (24.10). */
  appendBytesMax: 1_048_576,
  /** One gRPC message received (24.10): a record of 16 MiB less its framing. */
  messageBytesMax: 16_767_216,
  /** From the first message of an append to its last, and again from its last to its commit (24.10). */
  writeTimeoutMs: 2_000,
  /** Events looked at between two checkpoints when the subscriber names no window (24.10). */
  searchWindowEvents: 32,
  /** Appends begun and not finished on one connection. */
  unfinishedAppendsMax: 4_096,
  /** Answers waiting for one client to read them; past this its requests are not read on. */
  unreadAnswersMax: 4_096,
  /** Streams of calls one connection may hold open. */
  callsPerConnectionMax: 1_000,

  /** Bytes waiting for the next commit past which connections are not read on. */
  waitingBytesHigh: 8 * 1_048_576,
  /** Bytes waiting for the next commit past which appends are refused as "too busy". */
  waitingBytesMax: 64 * 1_048_576,
  /** Appends up to this many go with one commit; of more, half. */
  undividedAppendsMax: 64,
  /** Bytes of one commit, unless its first append alone is larger. */
  commitBytesMax: 8 * 1_048_576,
  /** How often appends that wait too long are looked for. */
  timeoutSweepMs: 250,

  /** Remembered ids of recent appends, in bytes by the rule of `RecentEventIds` (24.10). */
  recentEventIdBytesMax: 8 * 1_048_576,
  /** Streams whose last revision is kept in memory. */
  knownStreamsMax: 50_000,

  /** One page of a read or a subscription, and so what a stalled reader holds in memory: whichever comes first. */
  pageEventsMax: 128,
  pageBytesMax: 262_144,

  /** Address space reserved for the memory map, and so the most the log can grow to. */
  mapBytesMax: 2 ** 40,
  /** With less free than this, a failed write is laid to the disk being full. */
  freeBytesMin: 16 * 1_048_576,
  /** Stream names longer than this are indexed by their hash. */
  indexedNameBytesMax: 1_024,

  /** How long a start waits for the data directory's last owner to go away. */
  ownerWaitMs: 5_000,
  ownerPollMs: 100,
  /** How long a stop waits for what is in flight before it cuts connections. */
  drainMs: 3_000,
} as const;

/** Bounds of whoever starts and watches the store's process. */
export const supervisorLimits = {
  /** From fork to listening; covers the wait for a dying owner. */
  startTimeoutMs: 20_000,
  /** From asking the process to stop to killing it. */
  stopTimeoutMs: 10_000,
  restartDelayMsMin: 50,
  restartDelayMsMax: 5_000,
  /** A process that ran this long starts the count of restarts, and their delay, anew. */
  stableAfterMs: 10_000,
  /** Restarts in a row after which the store is given up: some eight minutes, a full disk may be cleared by then. */
  restartsMax: 100,
} as const;
