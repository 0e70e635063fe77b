import { assert } from '../kernel/assert.js';

/** Every bound the ledger keeps, with its unit in its name. Relations between them are asserted below. */
export const limits = {
  /** Legs of one transaction. */
  legsMin: 2,
  legsMax: 100,
  /** How far ahead of now an effective time may lie: clock skew and time zones, not planning. */
  effectiveAheadMsMax: 24 * 60 * 60 * 1000,
  /** Legs of one hold, which may name one side only; at most with those of its increases. */
  holdLegsMin: 1,
  holdLegsMax: 500,
  /** Captures of one hold. */
  holdCapturesMax: 1_000,
  /** Legs of one posted transaction: each leg of a capture may take from several reservations of its hold. */
  postedLegsMax: 600,
  /** How long a hold lives unless it says otherwise, and at most, from when it is made or extended. */
  holdDurationMsDefault: 7 * 24 * 60 * 60 * 1000,
  holdDurationMsMax: 31 * 24 * 60 * 60 * 1000,
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
  /** Conditions of one request. */
  conditionsMax: 100,
  /** Levels of sub-accounts below a root. */
  hierarchyDepthMax: 8,

  bodyBytesMax: 1024 * 1024,
  bodyDepthMax: 8,
  /** Commands of one bulk request, how many of them are carried out at a time, and requests with any under way in one process. */
  bulkCommandsMax: 1_000,
  bulkCommandsAtOnceMax: 100,
  bulkRequestsAtOnceMax: 32,
  /** How long a command of a bulk request may take from its arrival: with less than `commandTimeoutMs` of it left it is not begun. */
  bulkTimeoutMs: 20_000,
  /** One line, and all of a bulk request that comes as lines. */
  bulkLineBytesMax: 128 * 1024,
  bulkStreamBytesMax: 4 * 1024 * 1024,
  /** Values anywhere in one body: bounds the time that validating it takes. */
  bodyValuesMax: 20_000,
  /** Errors one problem document lists. */
  problemErrorsMax: 50,
  /** How long the headers, and how long all of a request, may take to arrive. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** How often connections that are too slow are looked for. */
  connectionsCheckMs: 1_000,
  /** How long an idle connection is kept for the client's next request. */
  keepAliveTimeoutMs: 65_000,
  /** What a client is told to wait after 429 and 503. */
  retryAfterBusySeconds: 1,
  retryAfterUnavailableSeconds: 2,
  pageSizeDefault: 50,
  pageSizeMax: 1000,
  /** Metadata keys one list is filtered by. */
  metadataFiltersMax: 10,
  /** Accounts one request names, and accounts whose balances one answer sums up. */
  balanceAccountsMax: 100,
  rollUpAccountsMax: 5_000,
  /** Recorded later than this after its effective time, a transaction was dated back: it is no command that was slow. */
  backdatedAfterMs: 10_000,
  /** How long a statement may take to be sent. */
  statementStreamMsMax: 600_000,
  /** How long `atLeast` waits for a projection. */
  atLeastWaitMsMax: 5_000,

  /** Accounts whose folded state one process keeps. */
  executorsMax: 50_000,
  /** Event ids all of them together remember; beyond it the longest unused account leaves. */
  recentEventIdsTotalMax: 500_000,
  /** Holds and reversed transactions whose folded state one process keeps. */
  parentExecutorsMax: 20_000,
  /** Commands waiting in one account's mailbox; more are refused with 429. */
  mailboxCommandsMax: 2_000,
  /** Tasks that share one append. */
  flushTasksMax: 200,
  /** One event, as JSON with its metadata; and all that share one append, below its 1 MiB, unless it is that of a single task. */
  eventBytesMax: 600_000,
  flushBytesMax: 900_000,
  /** A stream's snapshot is renewed after this many events; none is opened by reading more than `openEventsMax`. */
  snapshotEveryEvents: 200,
  openEventsMax: 500,
  /** A stream that ends within so many events is opened without asking for a snapshot. */
  shortStreamEventsMax: 50,
  /** Events a stream may be ahead of its snapshot before work on it waits for a newer one. */
  aheadOfSnapshotEventsMax: 450,
  /** Open reservations of one account; a request that would make more is refused until some have ended. */
  openReservationsMax: 3_500,
  /** The largest snapshot that is kept, below the 1 MiB of an append. */
  snapshotCharsMax: 800_000,
  /** Times one flush is decided again after another process wrote first. */
  flushConflictsMax: 50,
  /** Attempts of one posting: it starts over when it was fenced off, or met a rival attempt of its own key. */
  attemptsMax: 6,
  /** Events of earlier attempts that a condition on a revision is looked through for. */
  ownTraceEventsMax: 50,
  /** How long a rival attempt is given to come to an outcome before it is fenced off, and how often it is looked at. */
  rivalGraceMs: 1_000,
  rivalLookMs: 40,
  /** Transactions under way in one process; more are refused with 429. */
  postingsInFlightMax: 5_000,
  /** Dry runs under way in one process; more are refused with 429. */
  dryRunsAtOnceMax: 500,
  /** Times one commit meets another attempt's fence before it gives up. */
  commitConflictsMax: 10,
  /** How long an entry may wait in its account's mailbox before recovery takes over. */
  settleTimeoutMs: 30_000,
  /** Events read at a time while looking for an outcome: it is the first event unless attempts were abandoned. */
  attemptsPageEventsMax: 16,
  /** Events read at a time while folding a stream. */
  foldPageEventsMax: 500,
  /** Streams that one process spreads activities over: readers go by how the names begin, so it may change. */
  activityStreams: 8,
  /** Activities of one request, and under way in one process; more are refused with 429. */
  activitiesPerRequestMax: 1_000,
  activitiesInFlightMax: 50_000,
  /** The event that holds one request's activities, below the 1 MiB of an append. */
  activityEventBytesMax: 900_000,
  /** How far ahead of now an activity may have occurred: clock skew. */
  activityAheadMsMax: 60_000,
  activityIdCharsMax: 128,
  counterNameCharsMax: 64,
  counterKeyCharsMax: 256,
  /** Parts that the keys of a derived counter are made of. */
  counterPartsMax: 4,
  /** Counters one process remembers as derived or not, and for how long it believes that one is not: another process may define it. */
  knownCountersMax: 10_000,
  counterLookAgainMs: 5_000,
  /** The longest dedup horizon that may be set: an id is looked for in each of its days. */
  activityDedupSecondsMax: 31 * 24 * 60 * 60,
  /** How long buckets of a second, a minute and an hour are kept, at least; those of a day are kept for ever. */
  counterSecondsKeptMs: 24 * 60 * 60 * 1000,
  counterMinutesKeptMs: 35 * 24 * 60 * 60 * 1000,
  counterHoursKeptMs: 400 * 24 * 60 * 60 * 1000,
  /** Shards of one key, and events of one second for each of them that make it get twice as many. */
  counterShardsMax: 64,
  counterShardSplitPerSecond: 1_000,
  /** Buckets of one series, the longest window, and keys of one answer. */
  counterSeriesBucketsMax: 1_500,
  counterWindowMsMax: 3_660 * 24 * 60 * 60 * 1000,
  counterTopMax: 100,
  /** How long the removal of what is too old waits for readers of a whole table. */
  counterPieceLockMsMax: 200,
  /** How many counters at a time one request looks for. */
  counterLooksAtOnceMax: 16,
  /** Companies whose id namespace one process keeps. */
  companyNamespacesMax: 10_000,
  /** Final outcomes one process remembers, to answer retries without reading. */
  rememberedOutcomesMax: 10_000,
  /** Event ids an executor remembers, to answer "was this appended after revision N" from memory. */
  recentEventIdsMax: 1_000,
  /** How long one read of a page may take. */
  readTimeoutMs: 5_000,
  /** Events a subscription holds ready for its reader. */
  subscriptionBufferEventsMax: 512,
  /** Messages kept for a reader that shares a subscription; one that falls further behind gets one of its own again. */
  sharedSubscriptionMessagesMax: 4_096,
  /** Events the store looks at per search window of a filtered subscription, and windows between checkpoints. */
  subscriptionSearchWindowEvents: 256,
  subscriptionCheckpointIntervalPages: 4,
  /** How long one append may take, retries of unknown outcomes included. */
  appendTimeoutMs: 5_000,
  /** How long a command may take before it is answered 503 (or 202 once committed). */
  commandTimeoutMs: 10_000,
  /** A committed transaction or a reservation older than this is finished by the settler. */
  recoveryAfterMs: 10_000,
  /** How soon a recovery that failed is tried again: twice as long after each failure, up to the most. How many run at once. */
  recoveryRetryMs: 1_000,
  recoveryRetryMsMax: 60_000,
  recoveriesAtOnceMax: 200,
  /** How often the settler looks for overdue work, and says that it lives. */
  settlerSweepMs: 500,
  settlerBeatMs: 3_000,
  /** How often a settler that stands by looks, and after what silence it takes over: more than two beats. */
  settlerLookMs: 500,
  settlerTakeoverAfterMs: 7_000,
  /** How long the watch over accounts waits after it lost the store. */
  watchRestartMs: 500,
  /** Unreadable types of event it tells the log of, each once. */
  unreadableTypesToldMax: 100,
  /** How long a settler waits after it lost the store. */
  settlerRestartMs: 1_000,

  /** Events of one projection batch, and how long a batch waits to fill. */
  projectionBatchEventsMax: 2_000,
  projectionBatchWaitMsMax: 50,
  /** As many activities of one event count as one event of a batch. */
  projectionActivitiesPerEvent: 20,
  /** Events a projection reads ahead while a batch is being written. */
  projectionReadAheadEventsMax: 4_000,
  /** How long projections wait for others to share their subscription, and for one of them that has no more room. */
  projectionConvoyWaitMs: 20,
  projectionConvoyPatienceMs: 1_000,
  /** How long one statement of a projection, and of a migration, may take. */
  projectionStatementMsMax: 60_000,
  migrationStatementMsMax: 600_000,
  /** How long a start waits for another process that is migrating. */
  migrationLockWaitMsMax: 60_000,
  /** How often a process that stands by asks for a projection's lock. */
  projectionStandbyPollMs: 500,
  /** How often a projection that only met events it does not handle stores how far it has come. */
  projectionIdleCheckpointMs: 1_000,
  /** How often a projection that stopped looks whether it was asked to go on. */
  projectionControlPollMs: 1_000,
  /** How long one statement of a rebuild may take: its digests walk whole tables. */
  rebuildStatementMsMax: 600_000,
  /** Events a rebuild may still have to write while the live projector waits for the swap. */
  rebuildFinalEventsMax: 4_000,
  /** How long the swap waits for readers of the old tables, how often it is tried, and the pause between. */
  rebuildLockWaitMsMax: 2_000,
  rebuildSwapAttemptsMax: 60,
  rebuildSwapPauseMs: 500,
  /** Pauses after a lost connection: doubled from the first to the last, for as long as the process lives. */
  projectionRetryMsFirst: 100,
  projectionRetryMsMax: 5_000,
  /** How often `atLeast` looks at a checkpoint that another process moves. */
  atLeastPollMs: 25,
  /** How long `atLeast` waits for the store to say how far the log reaches, before it waits for the projection alone. */
  headLookMsMax: 250,

  /** The pace of the checker: events a second, pause between two looks at the log, and between two reports while it reads. */
  checkerEventsPerSecondMax: 5_000,
  checkerCycleMs: 1_000,
  /** Events it takes at once: few, so that commands of the same process do not wait for it. */
  checkerBatchEventsMax: 50,
  checkerPublishMs: 2_000,
  /** Between two comparisons with the read models, at least; and as many times as long as the last one took. */
  checkerCompareEveryMs: 60_000,
  checkerRestFactor: 20,
  /** How long it keeps behind read models that stand still, and when it reads the log anew from its start. */
  checkerPatienceMs: 10_000,
  checkerRestartAfterMs: 24 * 60 * 60 * 1000,
  /** Accounts it checks at once, each about a kilobyte; more are checked part by part, with a rest after each. */
  checkerAccountsMax: 100_000,
  /** That rest, as a multiple of what the part took. */
  checkerPartRestFactor: 3,
  /** How often it tries again after a lost connection, and how often one that stands by asks for the lock. */
  checkerRetryMs: 5_000,
  /** After what silence a checker counts as not running. */
  checkerStaleAfterMs: 30_000,

  /** Connections of the read side's pool, and how long connecting, one query, and a transaction left open may take. */
  postgresPoolConnectionsMax: 20,
  postgresConnectMsMax: 5_000,
  postgresStatementMsMax: 10_000,
  postgresIdleInTransactionMsMax: 60_000,

  /** How long a part may take to say that it is well, before it counts as down. */
  healthProbeMsMax: 2_000,
  /** Pause between attempts to prepare a database that was away when the process started. */
  readSideRetryMs: 2_000,
  /** How often the log is told at most that the event store does not answer. */
  storeOutageLogEveryMs: 30_000,
  /** How long cancelled calls to the event store may take to end at shutdown. */
  storeClientCloseMsMax: 250,
  /** How long shutdown waits for the answers in flight; the rest of its time is for the parts behind them. */
  drainMsMax: 6_000,
  /** How long shutdown may take altogether. */
  shutdownMsMax: 10_000,
} as const;

assert(limits.legsMin >= 2, 'Double entry needs two legs.');
assert(
  limits.legsMax <= limits.holdLegsMax && limits.postedLegsMax === limits.legsMax + limits.holdLegsMax,
  'A leg of a capture that is spread over several reservations uses up all but the last of them.',
);
/** Bytes of JSON: a character takes three at most. What events list by the leg was measured at 247 and 141, a capture's name at 39. */
const textBytesMax =
  3 *
  (limits.metadataKeysMax * (limits.metadataKeyCharsMax + limits.metadataValueCharsMax + 2) +
    limits.descriptionCharsMax +
    limits.referenceCharsMax +
    limits.kindCharsMax);
const [listedBytesMax, requestedBytesMax, captureBytesMax, otherBytesMax] = [250, 150, 40, 4_000];
assert(
  // A void lists each leg twice: in its answer and in what it gives back.
  textBytesMax +
    2 * limits.holdLegsMax * listedBytesMax +
    limits.holdCapturesMax * captureBytesMax +
    3 * limits.reasonCharsMax +
    otherBytesMax <=
    limits.eventBytesMax,
  'The end of the largest hold is one event.',
);
assert(
  // The request stands beside what became of it.
  2 * textBytesMax +
    limits.postedLegsMax * listedBytesMax +
    (limits.legsMax + limits.conditionsMax) * requestedBytesMax +
    otherBytesMax <=
    limits.eventBytesMax,
  'The largest capture, and its reversal, is one event.',
);
assert(
  // Characters of JSON: quotes and backslashes take two. A reservation was measured at 166, an id in a list at 39. Releases are
  // remembered while captures under way keep a part of their reservation: for moments, by each capture of a hold that ended.
  limits.openReservationsMax * 166 +
    2 * limits.holdCapturesMax * 39 +
    2 * limits.metadataKeysMax * (limits.metadataKeyCharsMax + limits.metadataValueCharsMax + 3) +
    2 * limits.nameCharsMax +
    (limits.hierarchyDepthMax + 2) * 39 +
    1_000 <=
    limits.snapshotCharsMax,
  'Every account fits its snapshot.',
);
assert(limits.pageSizeDefault <= limits.pageSizeMax, 'The default page is a page.');
assert(
  limits.bulkRequestsAtOnceMax * limits.bulkCommandsAtOnceMax < limits.postingsInFlightMax,
  'Bulk requests leave room for single ones.',
);
assert(
  limits.settlerTakeoverAfterMs > 2 * limits.settlerBeatMs,
  'A settler that missed one beat is not taken for dead.',
);
assert(
  limits.appendTimeoutMs <= limits.commandTimeoutMs,
  'A command has time for at least one append that is slow to answer.',
);
assert(
  limits.commandTimeoutMs < limits.bulkTimeoutMs,
  'The commands of a bulk request have time to wait for their turn.',
);
assert(
  limits.commandTimeoutMs <= limits.recoveryAfterMs,
  'Recovery does not fence off a command that is still in time.',
);
assert(
  // The snapshot is made while the next flush is under way, so two flushes may come on top of it.
  limits.flushTasksMax * 2 <= limits.aheadOfSnapshotEventsMax &&
    limits.aheadOfSnapshotEventsMax < limits.foldPageEventsMax,
  'A stream is opened by its snapshot and one page.',
);
assert(
  limits.shortStreamEventsMax + limits.aheadOfSnapshotEventsMax <= limits.openEventsMax,
  'A look whether the stream is short and what follows its snapshot are all that is read to open it.',
);
assert(
  // Each task appends at most two events besides its own; those that list nothing take at most 1,500 bytes each.
  limits.flushTasksMax * 3 * 1_500 <= limits.flushBytesMax && limits.flushBytesMax < 1024 * 1024,
  'Entries and reservations share an append by their number alone.',
);
assert(
  limits.activitiesPerRequestMax <= limits.activitiesInFlightMax,
  'A process that is idle takes the largest request.',
);
assert(
  // Each has five fields, one of them the activity itself; a list is one value more.
  limits.activitiesPerRequestMax * 6 + 1 <= limits.bodyValuesMax &&
    limits.activityEventBytesMax < limits.bodyBytesMax,
  'The largest list of activities is a body.',
);
