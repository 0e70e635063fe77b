import type { RefusalCode } from '../../write/refusals.js';

/** What the edge itself can refuse, before or beside any command. Codes are stable: never reused, never renamed. */
export type TransportCode =
  | 'body-must-be-json'
  | 'body-must-be-smaller'
  | 'body-must-be-shallower'
  | 'body-must-not-name-prototypes'
  | 'content-type-must-be-json'
  | 'request-must-be-valid'
  | 'request-must-be-well-formed'
  | 'request-must-arrive-in-time'
  | 'idempotency-key-must-be-present'
  | 'idempotency-key-must-be-single'
  | 'idempotency-key-must-be-well-formed'
  | 'company-must-be-well-formed'
  | 'cursor-must-be-well-formed'
  | 'counter-must-exist'
  | 'route-must-exist'
  | 'method-must-be-allowed'
  | 'ledger-is-busy'
  | 'outcome-is-not-known-yet'
  | 'event-store-is-unavailable'
  | 'reads-are-unavailable'
  | 'projection-is-behind'
  | 'server-is-stopping'
  | 'internal-error';

/** Every `code` a problem document can carry. */
export type ProblemCode = RefusalCode | TransportCode;

/** What one code means, for the answer, for its page and for the reference. */
export interface ProblemEntry {
  /** HTTP status (RFC 9110, RFC 6585). */
  readonly status: number;
  /** HTTP status when a pointer names the field at fault, where that differs: what the path names is missing, what the body names is wrong. */
  readonly statusInBody?: number;
  readonly title: string;
  /** What the caller does next. */
  readonly howToFix: string;
  /** True when the very same request, with the same key, may succeed later. */
  readonly retryable: boolean;
}

/** Bad input: change the request. */
const badInput = (status: number, title: string, howToFix: string): ProblemEntry => ({
  status,
  title,
  howToFix,
  retryable: false,
});

/** Nothing wrong with the request: send it again. */
const passing = (status: number, title: string, howToFix: string): ProblemEntry => ({
  status,
  title,
  howToFix,
  retryable: true,
});

/**
 * Code -> status, title and what to do: the one place where a refusal meets HTTP.
 * Exhaustive, so that a new refusal does not compile until it has its line here.
 */
export const PROBLEMS: { readonly [Code in ProblemCode]: ProblemEntry } = {
  // What the request itself gets wrong, before any rule of the ledger is asked.
  'body-must-be-json': badInput(
    400,
    'The body is not valid JSON.',
    'Send one JSON object, encoded as UTF-8, that names no member twice.',
  ),
  'body-must-be-smaller': badInput(413, 'The body is too large.', 'Keep the body under 1 MiB.'),
  'body-must-be-shallower': badInput(
    400,
    'The body is nested too deeply.',
    'Nest objects and arrays at most 8 levels deep.',
  ),
  'body-must-not-name-prototypes': badInput(
    400,
    'The body names a reserved key.',
    'Do not use the keys __proto__ or constructor.',
  ),
  'content-type-must-be-json': badInput(
    415,
    'The body is not declared as JSON.',
    'Send the header Content-Type: application/json.',
  ),
  'request-must-be-valid': badInput(
    400,
    'The request breaks a rule of its schema.',
    'Correct the fields listed in errors.',
  ),
  'request-must-be-well-formed': badInput(
    400,
    'The request is malformed.',
    'Correct what the detail names and send it again.',
  ),
  'request-must-arrive-in-time': passing(
    408,
    'The request did not arrive in time.',
    'Send it again, faster; the same key is safe.',
  ),
  'idempotency-key-must-be-present': badInput(
    400,
    'The Idempotency-Key header is missing.',
    'Send Idempotency-Key with a fresh UUID for each new request, and the same one again for a retry.',
  ),
  'idempotency-key-must-be-single': badInput(
    400,
    'More than one Idempotency-Key header was sent.',
    'Send exactly one Idempotency-Key header.',
  ),
  'idempotency-key-must-be-well-formed': badInput(
    400,
    'The Idempotency-Key header is malformed.',
    'Send 1 to 255 characters of A-Z a-z 0-9 . _ ~ -, bare or in double quotes.',
  ),
  'company-must-be-well-formed': badInput(
    400,
    'The Ledger-Company header is malformed.',
    'Send one Ledger-Company header of 1 to 64 characters of A-Z a-z 0-9 . _ -, starting with a letter or digit.',
  ),
  'cursor-must-be-well-formed': badInput(
    400,
    'The cursor is not one this list gave out.',
    'Start from the first page, or send a cursor exactly as it was answered, with the same filters.',
  ),
  'counter-must-exist': badInput(
    404,
    'There is no such counter.',
    'Name a counter that activities were sent to, that was defined, or ledger-postings; one that was begun a moment ago is read with atLeast.',
  ),
  'route-must-exist': badInput(404, 'There is nothing at this address.', 'See /docs for every operation.'),
  'method-must-be-allowed': badInput(
    405,
    'The address does not offer this method.',
    'Use one of the methods named in the Allow header.',
  ),

  // Passing trouble: the request may be fine.
  'ledger-is-busy': passing(
    429,
    'Too many requests are waiting.',
    'Wait as long as Retry-After says, then send the same request with the same key.',
  ),
  'outcome-is-not-known-yet': passing(
    503,
    'The command was not carried to an outcome in time.',
    'Send the same request with the same key: it is carried to its outcome, never done twice.',
  ),
  'event-store-is-unavailable': passing(
    503,
    'The event store does not answer.',
    'Send the same request with the same key once the event store is back.',
  ),
  'reads-are-unavailable': passing(
    503,
    'The read models are unavailable.',
    'Try again later; commands and reads with consistency=strong still work.',
  ),
  'projection-is-behind': passing(
    503,
    'The read model has not reached the asked position.',
    'Try again, or read without atLeast, or with consistency=strong.',
  ),
  'server-is-stopping': passing(
    503,
    'The server is stopping.',
    'Send the same request with the same key to another instance, or wait for the restart.',
  ),
  'internal-error': passing(
    500,
    'Something went wrong inside.',
    'Send the same request with the same key; if it persists, report the requestId.',
  ),

  // The refusal ladders of the write side, in their order.
  'effective-time-too-far-ahead': badInput(
    422,
    'The effective time is too far in the future.',
    'Send an effectiveAt at most 24 hours ahead, or leave it out.',
  ),
  'currency-must-exist': badInput(
    422,
    'The currency is not known.',
    'Send an ISO 4217 code in capitals, such as USD.',
  ),
  'accounts-must-differ': badInput(
    422,
    'The accounts are the same.',
    'Name at least two different accounts.',
  ),
  'legs-must-balance': badInput(
    422,
    'The legs do not balance.',
    'Make debits equal credits in every currency; details holds debits - credits for each that differs.',
  ),
  'account-must-exist': {
    ...badInput(404, 'There is no such account.', 'Name an account that the company has opened.'),
    statusInBody: 422,
  },
  'currency-must-match-account': badInput(
    422,
    'The currency differs from that of the account.',
    "Use the account's own currency.",
  ),
  'account-must-not-be-closed': badInput(
    409,
    'The account is closed.',
    'Reopen the account, or use another; this refusal is final for its key.',
  ),
  'account-must-not-be-closing': badInput(
    409,
    'The account is closing.',
    'Reopen the account, or use another; this refusal is final for its key.',
  ),
  'account-must-not-be-frozen': badInput(
    409,
    'The account is frozen.',
    'Unfreeze the account, then send the request with a new key; this refusal is final for its key.',
  ),
  'hold-must-reserve': badInput(
    422,
    'The hold sets nothing aside.',
    'Name at least one leg that lowers the balance of its account.',
  ),
  'expiry-must-be-ahead': badInput(422, 'The expiry does not lie ahead.', 'Send an expiresAt after now.'),
  'expiry-too-far-ahead': badInput(
    422,
    'The expiry lies too far ahead.',
    'Send an expiresAt at most 31 days after now; extend the hold later.',
  ),
  'expiry-must-be-later': badInput(
    422,
    'The hold lives that long already.',
    'Send an expiresAt after the present one.',
  ),
  'hold-must-exist': badInput(404, 'There is no such hold.', 'Name a hold that the company has made.'),
  'hold-is-already-captured': badInput(
    409,
    'The hold is captured already.',
    'Make another hold; this refusal is final for its key.',
  ),
  'hold-is-already-voided': badInput(
    409,
    'The hold is voided already.',
    'Make another hold; this refusal is final for its key.',
  ),
  'hold-is-expired': badInput(
    409,
    'The hold has expired.',
    'Make another hold; this refusal is final for its key.',
  ),
  'hold-has-too-many-legs': badInput(
    409,
    'The hold would have too many legs.',
    'Make another hold for the rest: a hold has at most 500 legs, those of its increases included; this refusal is final for its key.',
  ),
  'hold-has-too-many-captures': badInput(
    409,
    'The hold was captured too often.',
    'Void the hold and make another: a hold is captured at most 1,000 times; this refusal is final for its key.',
  ),
  'capture-must-name-legs': badInput(
    422,
    "The hold can't be captured whole without naming legs.",
    'Name the legs of the capture: the hold does not balance by itself, or was captured in part; this refusal is final for its key.',
  ),
  'leg-must-be-held': badInput(
    422,
    'A leg takes funds that the hold has not set aside.',
    'Lower only balances of accounts that the hold has reserved on; this refusal is final for its key.',
  ),
  'capture-exceeds-held': badInput(
    422,
    'The capture takes more than is still held.',
    'Lower the amount, or increase the hold, then use a new key; this refusal is final for its key.',
  ),
  'transaction-must-be-reversible': badInput(
    422,
    'A reversal is not reversed.',
    'Post the transaction again instead.',
  ),
  'reversed-leg-must-exist': badInput(
    422,
    'The transaction has no such leg.',
    'Name legs by their index in the transaction, from 0.',
  ),
  'transaction-is-already-reversed': badInput(
    409,
    'The transaction is reversed already.',
    'Nothing needs to be done; this refusal is final for its key.',
  ),
  'reversal-exceeds-posted': badInput(
    422,
    'The reversal takes back more than is left of the leg.',
    'Lower the amount, then use a new key; this refusal is final for its key.',
  ),
  'insufficient-funds': badInput(
    422,
    'The account has not enough available funds.',
    'Fund the account or lower the amount, then use a new key; this refusal is final for its key.',
  ),
  'account-has-too-many-reservations': passing(
    429,
    'The account has as many open reservations as it may have.',
    'Let transactions settle, or capture or void holds on the account, then send the same request with the same key: an account has at most 3,500 open reservations.',
  ),
  'condition-must-hold': badInput(
    412,
    'A condition of the request does not hold.',
    'Read the account again and decide anew, with a new key; this refusal is final for its key.',
  ),
  'parent-must-exist': badInput(
    422,
    'There is no such parent account.',
    'Name a parent that the company has opened, or null.',
  ),
  'parent-must-be-open': badInput(409, 'The parent account is not open.', 'Name a parent that is open.'),
  'hierarchy-too-deep': badInput(
    422,
    'The account would sit too deep in the hierarchy.',
    'Name a parent at a higher level.',
  ),
  'account-is-already-frozen': badInput(409, 'The account is frozen already.', 'Nothing needs to be done.'),
  'account-is-not-frozen': badInput(409, 'The account is not frozen.', 'Nothing needs to be done.'),
  'account-is-already-closing': badInput(
    409,
    'The account is closing or closed already.',
    'Nothing needs to be done.',
  ),
  'account-is-already-open': badInput(409, 'The account is open already.', 'Nothing needs to be done.'),
  'account-balance-must-be-zero': badInput(
    409,
    'The account still holds money.',
    'Move the balance to another account, then close it.',
  ),
  'overdraft-limit-must-cover-use': badInput(
    409,
    'The account uses more than the new limit allows.',
    'Fund the account first, or set a wider limit.',
  ),
  'idempotency-key-reused': badInput(
    409,
    'The Idempotency-Key was used for another request.',
    'Use a new key for a new request; errors lists the fields that differ from the first one.',
  ),
  'transaction-must-exist': {
    ...badInput(404, 'There is no such transaction.', 'Name a transaction that the company has posted.'),
    statusInBody: 422,
  },
  'counter-is-derived': badInput(
    422,
    'The counter is derived from the ledger.',
    'Send activities to a counter of another name: this one counts posted legs.',
  ),
  'counter-name-is-reserved': badInput(
    422,
    'The name of the counter is reserved.',
    'Choose a name that does not begin with ledger-.',
  ),
  'occurrence-too-far-ahead': badInput(
    422,
    'The activity lies too far in the future.',
    'Send activities once they have occurred: at most 60 seconds ahead of the clock here.',
  ),
  'counter-defined-otherwise': badInput(
    409,
    'The counter is defined otherwise.',
    'Keep the definition, or choose another name; errors lists the fields that differ.',
  ),
};

/** Every code, in the order of the catalogue. */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];
