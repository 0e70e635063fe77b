import { PROBLEMS, type ProblemCode } from './problem-catalogue.js';

export { PROBLEM_CODES, PROBLEMS } from './problem-catalogue.js';
export type { ProblemCode, ProblemEntry, TransportCode } from './problem-catalogue.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** One broken rule and where it was broken. */
export interface ProblemError {
  /** JSON pointer (RFC 6901) into the body, or `#query/<name>`, `#path/<name>`, `#header/<name>` outside it. */
  readonly pointer: string;
  /** The rule, in the words of the schema: `isUuid`, `maxLength`, `whitelistValidation`, or a problem code. */
  readonly rule: string;
  readonly detail: string;
}

export interface ProblemOptions {
  /** The field at fault; taken from the first of `errors` when absent. */
  readonly pointer?: string | null;
  /** What is wrong this time, as a sentence; the title when absent. */
  readonly detail?: string;
  readonly errors?: readonly ProblemError[];
  /** Text facts that explain the refusal: amounts as digits, ids, currency codes. */
  readonly details?: Readonly<Record<string, string>>;
  /** Extra answer headers, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a client should wait before it tries again, in whole seconds. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The body of a refused or failed request (RFC 9457, with `code` and what follows it as extensions). */
export interface ProblemDocument {
  /** `/problems/<code>`: a page of this server that explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The path of the request. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly pointer: string | null;
  readonly errors: readonly ProblemError[];
  readonly details: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** True when the very same request, with the same key, may succeed later. */
  readonly retryable: boolean;
}

/**
 * Thrown at the HTTP edge to answer with a problem document; the exception filter turns it into the response.
 * Status, title and whether to retry come from the catalogue, so that one code always looks the same.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly pointer: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly code: ProblemCode,
    readonly options: ProblemOptions = {},
  ) {
    const entry = PROBLEMS[code];
    super(options.detail ?? entry.title, { cause: options.cause });
    this.pointer = options.pointer ?? options.errors?.[0]?.pointer ?? null;
    this.status = this.pointer?.startsWith('/') ? (entry.statusInBody ?? entry.status) : entry.status;
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(options.retryAfterSeconds))) }),
    };
  }

  /**
   * Writes the answer's body.
   *
   * @param instance the path of the request, without its query
   * @param requestId the id the log knows the request by
   */
  toDocument(instance: string, requestId: string): ProblemDocument {
    const entry = PROBLEMS[this.code];
    return {
      type: `/problems/${this.code}`,
      title: entry.title,
      status: this.status,
      detail: this.message,
      instance,
      code: this.code,
      pointer: this.pointer,
      errors: this.options.errors ?? [],
      details: this.options.details ?? {},
      requestId,
      retryable: entry.retryable,
    };
  }
}

/** What a path names, by the refusal that says there is none: its parameter. */
const PATH_PARAMETERS = {
  'account-must-exist': 'accountId',
  'counter-must-exist': 'counter',
  'hold-must-exist': 'holdId',
  'transaction-must-exist': 'transactionId',
} as const satisfies Partial<Record<ProblemCode, string>>;

/** A refusal of something that a path names and that is not there. */
export type PathRefusal = keyof typeof PATH_PARAMETERS;

/** Where in a path stands what a refusal says is not there; null for a refusal of something else. */
export function pathPointerOf(code: ProblemCode): string | null {
  return Object.hasOwn(PATH_PARAMETERS, code) ? `#path/${PATH_PARAMETERS[code as PathRefusal]}` : null;
}

/**
 * The problem of a request that names something which is not there.
 *
 * @param pointer where it is named
 */
export function notThere(
  code: PathRefusal,
  pointer = `#path/${PATH_PARAMETERS[code]}`,
  details: Readonly<Record<string, string>> = {},
): Problem {
  return new Problem(code, { errors: [{ pointer, rule: code, detail: PROBLEMS[code].title }], details });
}

/** The problem of a request that breaks one rule of its schema; what is wrong is a sentence. */
export function brokenRule(pointer: string, rule: string, detail: string): Problem {
  return new Problem('request-must-be-valid', {
    errors: [{ pointer, rule, detail }],
    detail: `${pointer}: ${detail}`,
  });
}
