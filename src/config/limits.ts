/** Every bound the ledger keeps, with its unit in its name. Relations between them are asserted below. */
export const limits = {
  /** Legs of one transaction. */
  legsMin: 2,
  legsMax: 100,
  /** How far ahead of now an effective time may lie: clock skew and time zones, not planning. */
  effectiveAheadMsMax: 24 * 60 * 60 * 1000,
  metadataKeysMax: 50,
  metadataKeyCharsMax: 64,
  metadataValueCharsMax: 1024,
  nameCharsMax: 200,
  descriptionCharsMax: 1000,
  referenceCharsMax: 255,
  kindCharsMax: 64,
  reasonCharsMax: 500,
  idempotencyKeyCharsMax: 255,
  companyIdCharsMax: 64,
  /** Levels of sub-accounts below a root. */
  hierarchyDepthMax: 8,

  bodyBytesMax: 1024 * 1024,
  bodyDepthMax: 8,
  pageSizeDefault: 50,
  pageSizeMax: 1000,
  /** How long `atLeast` waits for a projection. */
  atLeastWaitMsMax: 5_000,

  /** Accounts whose folded state one process keeps. */
  executorsMax: 50_000,
  /** Commands waiting in one account's mailbox; more are refused with 429. */
  mailboxCommandsMax: 2_000,
  /** Events of one append, well below the store's 1 MiB at about 400 bytes an event. */
  flushEventsMax: 500,
  /** Times one flush is decided again after another process wrote first. */
  flushConflictsMax: 50,
  /** Attempts of one posting after its own attempt was abandoned. */
  attemptsMax: 3,
  /** Events read at a time while folding a stream. */
  foldPageEventsMax: 500,
  /** Event ids an executor remembers, to answer "was this appended after revision N" from memory. */
  recentEventIdsMax: 2_000,
  /** How long one read of a page may take. */
  readTimeoutMs: 5_000,
  /** Events a subscription holds ready for its reader. */
  subscriptionBufferEventsMax: 512,
  /** Events the store looks at per search window of a filtered subscription, and windows between checkpoints. */
  subscriptionSearchWindowEvents: 256,
  subscriptionCheckpointIntervalPages: 4,
  /** How long one append may take, retries of unknown outcomes included. */
  appendTimeoutMs: 5_000,
  /** How long a command may take before it is answered 503 (or 202 once committed). */
  commandTimeoutMs: 10_000,
  /** A committed transaction or a reservation older than this is finished by the settler. */
  recoveryAfterMs: 10_000,

  /** Events of one projection batch, and how long a batch waits to fill. */
  projectionBatchEventsMax: 2_000,
  projectionBatchWaitMsMax: 10,

  /** How long shutdown waits for what is in flight. */
  shutdownMsMax: 10_000,
} as const;
