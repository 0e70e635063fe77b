import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Served } from '../../src/app/serve.js';
import { PROBLEM_CODES } from '../../src/edges/http/problem.js';
import { REFERENCE_DIRECTORY, referenceFiles } from '../../tools/reference/reference-files.js';
import { FakeLedger, serveFake } from '../support/fake-ledger.js';
import { call } from '../support/http-client.js';
import { resolveRef, schemaFaults } from '../support/json-schema.js';
import { stopServing } from '../support/served-ledger.js';

type Json = Readonly<Record<string, unknown>>;
interface Media {
  readonly schema: Json;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown; readonly $ref?: string }>>;
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly { name: string; in: string; example?: unknown; schema?: Json }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { description: string; content?: Record<string, Media> }>>;
}

/** What answers with something new rather than with what it changed. */
const MAKES_SOMETHING =
  /^POST .*\/(accounts|transfers|transactions|holds|capture|increase|reverse)$|^PUT .*\/counters\/[^/]+$/;

/** What is sent again as it is, without a key. */
const IS_KEYLESS = /\/(bulk|activities)$/;

const ledger = new FakeLedger();
let served: Served;
let files: ReadonlyMap<string, string>;
let document: Json;
let operations: { readonly route: string; readonly operation: Operation }[];

beforeAll(async () => {
  served = await serveFake(ledger);
  files = await referenceFiles();
  document = JSON.parse(files.get('openapi.json') ?? '') as Json;
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  operations = Object.entries(paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${url}`,
      operation,
    })),
  );
});
afterAll(() => stopServing(served));
beforeEach(() => {
  ledger.dispatched.length = 0;
});

/** What a command is answered that is accepted at once. */
function statusOf(route: string): number {
  if (route === 'POST /v1/activities') return 202;
  return MAKES_SOMETHING.test(route) ? 201 : 200;
}

/** An example as the document gives it, references followed. */
function exampleValue(example: { readonly value?: unknown; readonly $ref?: string }): unknown {
  return example.$ref === undefined ? example.value : resolveRef(document, example.$ref)['value'];
}

describe('the committed reference', () => {
  it.each(['openapi.json', 'errors.md', 'configuration.md', 'metrics.md', 'sql.md'])(
    '%s is what the code says (npm run docs writes it anew)',
    async (name) => {
      const committed = await readFile(path.join(REFERENCE_DIRECTORY, name), 'utf8');
      expect(committed).toBe(files.get(name));
    },
  );
});

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 and names every operation once', () => {
    expect(document['openapi']).toBe('3.1.0');
    expect(operations.length).toBeGreaterThanOrEqual(18);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('leads somewhere with every reference', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '');
    expect(refs.length).toBeGreaterThan(50);
    for (const ref of refs) expect(resolveRef(document, ref)).toBeDefined();
  });

  it('has examples in every operation, and each fits its schema', () => {
    const faults: string[] = [];
    for (const { route, operation } of operations) {
      const media = [
        ...Object.entries(operation.requestBody?.content ?? {}).map(([type, each]) => ({
          type,
          each,
          of: 'request',
        })),
        ...Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
          Object.entries(content).map(([type, each]) => ({ type, each, of: status })),
        ),
      ];
      if (!media.some(({ of }) => of.startsWith('2'))) faults.push(`${route} shows no answer`);
      for (const { type, each, of } of media) {
        const examples = Object.entries(each.examples ?? {});
        if (examples.length === 0) faults.push(`${route} ${of} ${type} has no example`);
        for (const [name, example] of examples) {
          const found = schemaFaults(document, each.schema, exampleValue(example));
          faults.push(...found.map((fault) => `${route} ${of} ${name}: ${fault}`));
        }
      }
    }
    expect(faults).toEqual([]);
  });

  it('describes parameters of paths, and the headers of commands', () => {
    for (const { route, operation } of operations) {
      const names = (operation.parameters ?? []).map((each) => `${each.in} ${each.name}`);
      for (const [, name] of route.matchAll(/\{(\w+)\}/g)) expect(names).toContain(`path ${name}`);
      if (route.includes('/v1/')) expect(names).toContain('header Ledger-Company');
      const isKeyed = /^(POST|PATCH) /.test(route) && !IS_KEYLESS.test(route);
      expect([route, names.includes('header Idempotency-Key')]).toEqual([route, isKeyed]);
      expect(operation.summary).toBeTruthy();
    }
  });

  it('says of every operation what it can refuse, as problem documents', () => {
    for (const { route, operation } of operations.filter(({ route }) => route.includes('/v1/'))) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        expect([route, status, Object.keys(content)]).toEqual([route, status, ['application/problem+json']]);
      }
      expect(operation.responses).toHaveProperty('500');
    }
  });

  it('names no operation of a company that can be reached without saying which', async () => {
    for (const { route, operation } of operations.filter((each) => each.route.includes('/v1/'))) {
      // The lists are not served here; the guard is global, and asked on every route that is.
      if (
        /^list|^readBalance|^readStatement|^readIntegrity|^readCounters|^explainBalance/.test(
          operation.operationId,
        )
      )
        continue;
      const answer = await call(served.url, route.replaceAll(/\{\w+\}/g, 'x'), {
        company: 'not a company',
        body: undefined,
      });
      expect([route, answer.json['code']]).toEqual([route, 'company-must-be-well-formed']);
    }
    expect(ledger.dispatched).toEqual([]);
  });

  it('gives request examples that are accepted as they stand', async () => {
    ledger.answer = () => ({ kind: 'accepted', body: {}, position: 1n, replayed: false, settled: true });
    const commands = operations.filter(({ operation }) => operation.requestBody !== undefined);
    expect(commands.length).toBeGreaterThanOrEqual(8);
    for (const { route, operation } of commands) {
      const examples = operation.requestBody?.content['application/json']?.examples ?? {};
      for (const example of Object.values(examples)) {
        const path = operation.parameters
          ?.filter((each) => each.in === 'path')
          .reduce(
            (at, each) => at.replace(`{${each.name}}`, String(each.example ?? each.schema?.['example'])),
            route,
          );
        const answer = await call(served.url, path ?? route, { body: exampleValue(example) });
        expect([route, answer.status, answer.json['errors'] ?? []]).toEqual([route, statusOf(route), []]);
      }
    }
  });
});

describe('the documentation pages', () => {
  it('load nothing from outside, and nothing inline', async () => {
    const pages = ['/docs', '/problems', '/problems/insufficient-funds'];
    const loaded = new Set<string>();
    for (const page of pages) {
      const { status, headers, text } = await call(served.url, `GET ${page}`);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(text).not.toMatch(/https?:|\/\/[a-z]|<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
      for (const [, url] of text.matchAll(/(?:src|href)="([^"]+)"/g)) loaded.add(url ?? '');
    }
    for (const url of loaded) {
      expect(url).toMatch(/^\//);
      expect((await call(served.url, `GET ${url}`)).status).toBe(200);
    }
    expect(loaded).toContain('/docs/swagger-ui-bundle.js');
    const styles = await call(served.url, 'GET /docs/swagger-ui.css');
    expect(styles.text).not.toMatch(/@import|url\(["']?(?!data:|["']?data:)/);
    const start = await call(served.url, 'GET /docs/start.js');
    expect(start.text).toContain('validatorUrl: null');
    expect(start.text).not.toMatch(/https?:/);
  });

  it('serve nothing that is not theirs', async () => {
    for (const file of [
      'package.json',
      'index.html',
      '..%2Fpackage.json',
      '%2e%2e%2fpackage.json',
      '__proto__',
    ]) {
      expect((await call(served.url, `GET /docs/${file}`)).json).toMatchObject({ status: 404 });
    }
    expect((await call(served.url, 'GET /problems/constructor')).status).toBe(404);
  });

  it('explain every code', async () => {
    for (const code of PROBLEM_CODES) {
      const { status, text } = await call(served.url, `GET /problems/${code}`);
      expect(status).toBe(200);
      expect(text).toContain(`<h1><code>${code}</code></h1>`);
    }
  });
});
