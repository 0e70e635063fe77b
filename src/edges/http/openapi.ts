import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Problem, PROBLEM_CODES, PROBLEMS } from './problem.js';

/** The version of the HTTP API: `/v1` plus what was added to it since. */
const API_VERSION = '1.0.0';

const DESCRIPTION = `Double-entry ledger over event streams.

Amounts are strings of digits in minor units. Every command takes an \`Idempotency-Key\` and answers with the position
of its commit; a read with \`atLeast\` of that position shows it. A command refuses query parameters,
members of its body, and an \`If-Match\`, that are not described here. Every error is a problem document (RFC 9457)
whose \`code\` is explained at \`/problems/{code}\`.`;

/** The schema of problem documents, as JSON Schema. */
const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'A refused or failed request (RFC 9457).',
  required: [
    'type',
    'title',
    'status',
    'detail',
    'instance',
    'code',
    'pointer',
    'errors',
    'details',
    'requestId',
    'retryable',
  ],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'A page that explains the code.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong this time.' },
    instance: { type: 'string', description: 'The path of the request.' },
    code: { type: 'string', enum: [...PROBLEM_CODES], description: 'Stable: never reused, never renamed.' },
    pointer: {
      type: ['string', 'null'],
      description:
        'The field at fault: a JSON pointer into the body, or `#query/name`, `#header/name` outside it.',
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'rule', 'detail'],
        properties: { pointer: { type: 'string' }, rule: { type: 'string' }, detail: { type: 'string' } },
      },
    },
    details: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Facts: amounts, ids, currencies.',
    },
    requestId: { type: 'string' },
    retryable: {
      type: 'boolean',
      description: 'The very same request, with the same key, may succeed later.',
    },
  },
};

/** Holds the document that is served; filled once the application is put together. */
export class ApiDocument {
  private json = '{}';

  /** The document as JSON text. */
  get text(): string {
    return this.json;
  }

  /** Takes the document of an application whose routes are known. */
  describe(app: INestApplication): void {
    this.json = JSON.stringify(openApiDocument(app), null, 2);
  }
}

/** Builds the OpenAPI 3.1 document from the controllers of an application. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Evenkeel')
    .setVersion(API_VERSION)
    .setDescription(DESCRIPTION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('accounts', 'What money is booked on.')
    .addTag('transactions', 'Movements of money: posted whole, never changed.')
    .addTag('holds', 'Funds set aside, to be captured or given back.')
    .addTag('counters', 'How many and how much per window of time: of the ledger, and of activities.')
    .addTag('operations', 'Health and metrics.')
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: (controller, method) =>
      `${controller.charAt(0).toLowerCase()}${controller.slice(1).replace(/Controller$/, '')}_${method}`,
  });
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    // Unknown fields of a request are refused.
    if (name.endsWith('Body') && !('$ref' in schema)) schema.additionalProperties = false;
  }
  document.components = {
    ...document.components,
    // 3.1 takes any JSON Schema here; the types of the library still describe 3.0.
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
    examples: Object.fromEntries(
      PROBLEM_CODES.map((code) => [
        code,
        {
          summary: PROBLEMS[code].title,
          value: new Problem(code, {
            detail: `${PROBLEMS[code].title} ${PROBLEMS[code].howToFix}`,
          }).toDocument('/v1/transfers', '3b1f7c52-8a5e-4d1b-9c55-0d3a2f6b7e88'),
        },
      ]),
    ),
  };
  return document;
}
