import { applyDecorators, type Type } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, getSchemaPath, ApiExtraModels } from '@nestjs/swagger';
import type { ApiOperationOptions } from '@nestjs/swagger';
import { limits } from '../../config/limits.js';
import { COMPANY_DEFAULT, COMPANY_PATTERN } from './principal.js';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode } from './problem.js';

/** Where the schema of problem documents stands in the OpenAPI document. */
export const PROBLEM_SCHEMA_REF = '#/components/schemas/Problem';

const PROBLEM_MEDIA_TYPE = PROBLEM_CONTENT_TYPE.split(';')[0] ?? PROBLEM_CONTENT_TYPE;

/** What any operation can come to, whatever it does. */
const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'request-must-be-well-formed',
  'server-is-stopping',
  'internal-error',
];

const OWNED_PROBLEMS: readonly ProblemCode[] = ['company-must-be-well-formed'];

const BULK_PROBLEMS: readonly ProblemCode[] = [
  'body-must-be-json',
  'body-must-be-smaller',
  'content-type-must-be-json',
  'request-must-be-valid',
  'ledger-is-busy',
];

const BODY_PROBLEMS: readonly ProblemCode[] = [
  'body-must-be-json',
  'body-must-be-shallower',
  'body-must-not-name-prototypes',
  'body-must-be-smaller',
  'content-type-must-be-json',
  'request-must-be-valid',
];

const KEY_PROBLEMS: readonly ProblemCode[] = [
  'idempotency-key-must-be-present',
  'idempotency-key-must-be-single',
  'idempotency-key-must-be-well-formed',
  'idempotency-key-reused',
];

const APPEND_PROBLEMS: readonly ProblemCode[] = [
  'ledger-is-busy',
  'outcome-is-not-known-yet',
  'event-store-is-unavailable',
];

const COMMAND_PROBLEMS: readonly ProblemCode[] = [...BODY_PROBLEMS, ...KEY_PROBLEMS, ...APPEND_PROBLEMS];
const KEYLESS_PROBLEMS: readonly ProblemCode[] = [...BODY_PROBLEMS, ...APPEND_PROBLEMS];

const POSITION_HEADERS = {
  'Ledger-Position': 'The position of the commit: a read with `atLeast` of it shows the effect.',
};

/** What a body can look like. */
interface DescribedBody {
  readonly description: string;
  readonly type: Type;
  readonly example: object;
}

/** One status an operation answers with. */
export interface DescribedAnswer extends DescribedBody {
  readonly status: number;
  /** Another form of body under the same status. */
  readonly or?: DescribedBody;
  /** Extra answer headers, name -> what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DescribedOperation {
  /** One line, as an order. */
  readonly summary: string;
  readonly description?: string;
  /** Of a route whose body is not read into a class. */
  readonly requestBody?: ApiOperationOptions['requestBody'];
  readonly answers: readonly DescribedAnswer[];
  /** What it can refuse, besides what every operation of its sort can. */
  readonly problems?: readonly ProblemCode[];
  /** Where the request names what may not exist: in its path (the default) it is then 404, in its body 422. */
  readonly namesIn?: 'path' | 'body';
}

/** Documents a route that changes something: it takes an Idempotency-Key and answers with a position. */
export function DescribeCommand(operation: DescribedOperation): MethodDecorator {
  const headers = {
    ...POSITION_HEADERS,
    'Idempotency-Replayed':
      '`true` when the key was used before with the same request: this is the first answer again.',
  };
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: `Names this request for ever: 1 to ${limits.idempotencyKeyCharsMax} characters of A-Z a-z 0-9 . _ ~ -, bare or in double quotes. Keys do not expire; send the same one again for a retry.`,
      example: '0b8f6f5e-6f0a-4c39-9f3d-6a3f5d1c2b7a',
    }),
    ...describe({
      ...operation,
      answers: operation.answers.map((answer) => ({ ...answer, headers: { ...headers, ...answer.headers } })),
      problems: [...OWNED_PROBLEMS, ...COMMAND_PROBLEMS, ...(operation.problems ?? [])],
    }),
    companyHeader(),
  );
}

/** Documents a route that changes something and may be sent again as it is, without a key. */
export function DescribeKeyless(operation: DescribedOperation): MethodDecorator {
  return applyDecorators(
    ...describe({
      ...operation,
      answers: operation.answers.map((answer) => ({
        ...answer,
        headers: { ...POSITION_HEADERS, ...answer.headers },
      })),
      problems: [...OWNED_PROBLEMS, ...KEYLESS_PROBLEMS, ...(operation.problems ?? [])],
    }),
    companyHeader(),
  );
}

/** Documents a route that takes many commands, each with its own key. Its answer is documented beside it. */
export function DescribeBulk(
  operation: Pick<DescribedOperation, 'summary' | 'description' | 'requestBody'>,
): MethodDecorator {
  return applyDecorators(
    ...describe({ ...operation, answers: [], problems: [...OWNED_PROBLEMS, ...BULK_PROBLEMS] }),
    companyHeader(),
  );
}

/** Documents a route that reads what belongs to a company. */
export function DescribeQuery(operation: DescribedOperation): MethodDecorator {
  return applyDecorators(
    ...describe({ ...operation, problems: [...OWNED_PROBLEMS, ...(operation.problems ?? [])] }),
    companyHeader(),
  );
}

function companyHeader(): MethodDecorator {
  return ApiHeader({
    name: 'Ledger-Company',
    required: false,
    description: `The company whose ledger is meant, while AUTH_MODE is none; \`${COMPANY_DEFAULT}\` when absent.`,
    schema: { type: 'string', pattern: COMPANY_PATTERN.source, default: COMPANY_DEFAULT },
  });
}

function describe({
  summary,
  description,
  requestBody,
  answers,
  problems = [],
  namesIn = 'path',
}: DescribedOperation): MethodDecorator[] {
  return [
    ApiOperation({
      summary,
      ...(description === undefined ? {} : { description }),
      ...(requestBody === undefined ? {} : { requestBody }),
    }),
    ...answers.map(describeAnswer),
    ...describeProblems([...problems, ...COMMON_PROBLEMS], namesIn),
  ];
}

/** Documents one status an operation answers with. */
export function describeAnswer({ status, headers = {}, or, ...first }: DescribedAnswer): MethodDecorator {
  const bodies = or === undefined ? [first] : [first, or];
  const schemas = bodies.map(({ type }) => ({ $ref: getSchemaPath(type) }));
  return applyDecorators(
    ApiExtraModels(...bodies.map(({ type }) => type)),
    ApiResponse({
      status,
      description: first.description,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, says]) => [
          name,
          { description: says, schema: { type: 'string' } },
        ]),
      ),
      content: {
        'application/json': {
          schema: schemas.length === 1 && schemas[0] !== undefined ? schemas[0] : { oneOf: schemas },
          examples: Object.fromEntries(
            bodies.map(({ description, type, example }) => [
              type.name,
              { summary: description, value: example },
            ]),
          ),
        },
      },
    }),
  );
}

/** One response per status, naming an example per code. */
function describeProblems(codes: readonly ProblemCode[], namesIn: 'path' | 'body'): MethodDecorator[] {
  const byStatus = new Map<number, Set<ProblemCode>>();
  for (const code of codes) {
    const { status, statusInBody } = PROBLEMS[code];
    const answered = namesIn === 'body' ? (statusInBody ?? status) : status;
    byStatus.set(answered, (byStatus.get(answered) ?? new Set()).add(code));
  }
  return [...byStatus].map(([status, codesOfStatus]) =>
    ApiResponse({
      status,
      description: [...codesOfStatus].map((code) => `\`${code}\``).join(', '),
      content: {
        [PROBLEM_MEDIA_TYPE]: {
          schema: { $ref: PROBLEM_SCHEMA_REF },
          examples: Object.fromEntries(
            [...codesOfStatus].map((code) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
      },
    }),
  );
}
