import { expect, it } from '@jest/globals';
import type { Served } from '../../src/app/serve.js';
import { PROBLEMS, type ProblemCode } from '../../src/edges/http/problem.js';
import { call, postWithHeaderLines, type Answer } from './http-client.js';
import { InMemoryEventStore } from './in-memory-event-store.js';
import { serveLedger, stopServing } from './served-ledger.js';

/** A request that has to be refused, and how. */
export interface BadInput {
  readonly what: string;
  readonly send: () => Promise<Answer>;
  readonly status: number;
  readonly code: ProblemCode;
  readonly pointer: string | null;
  readonly rule?: string;
}

/** A ledger over HTTP with a few accounts, for requests that must change nothing in it. */
export class BadInputFixture {
  readonly store = new InMemoryEventStore();
  /** Assets in USD, a liability in USD, assets in EUR, and another company's assets in USD. */
  cash = '';
  customer = '';
  euros = '';
  foreign = '';
  private served: Served | undefined;

  get url(): string {
    return this.served?.url ?? '';
  }

  async start(): Promise<void> {
    this.served = await serveLedger(this.store);
    this.cash = await this.open({ name: 'Cash', type: 'asset', currency: 'USD' });
    this.customer = await this.open({ name: 'Customer', type: 'liability', currency: 'USD' });
    this.euros = await this.open({ name: 'Euros', type: 'asset', currency: 'EUR' });
    this.foreign = await this.open({ name: 'Theirs', type: 'asset', currency: 'USD' }, 'other');
  }

  async stop(): Promise<void> {
    if (this.served) await stopServing(this.served);
  }

  /** A sound transfer, changed. */
  transfer(changes: object = {}): object {
    return { from: this.cash, to: this.customer, amount: '100', currency: 'USD', ...changes };
  }

  /** A sound leg, changed. */
  leg(direction: string, amount: unknown, changes: object = {}): object {
    const accountId = direction === 'debit' ? this.cash : this.customer;
    return { accountId, direction, amount, currency: 'USD', ...changes };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return call(this.url, `POST ${path}`, { body, headers });
  }

  /** Posts a sound transfer with exactly these headers beside the content type. */
  postWithHeaders(headers: Record<string, string | string[]>): Promise<Answer> {
    return postWithHeaderLines(`${this.url}/v1/transfers`, JSON.stringify(this.transfer()), {
      'content-type': 'application/json',
      ...headers,
    });
  }

  private async open(body: object, company?: string): Promise<string> {
    const answer = await call(this.url, 'POST /v1/accounts', {
      body,
      ...(company === undefined ? {} : { company }),
    });
    expect(answer.status).toBe(201);
    return String(answer.json['accountId']);
  }
}

/** A request that breaks a rule of its schema. */
export function invalid(what: string, pointer: string, rule: string, send: () => Promise<Answer>): BadInput {
  return { what, send, status: 400, code: 'request-must-be-valid', pointer, rule };
}

/** One test per row: the problem that is answered, and that nothing was stored. */
export function testRefusals(fixture: BadInputFixture, rows: readonly BadInput[]): void {
  it.each(rows.map((row) => [row.what, row] as const))(
    '%s: a problem that names it, and nothing stored',
    async (_, row) => {
      const storedBefore = fixture.store.log.length;
      const answer = await row.send();
      expect(answer.json).toMatchObject({
        type: `/problems/${row.code}`,
        title: PROBLEMS[row.code].title,
        status: row.status,
        code: row.code,
        pointer: row.pointer,
      });
      expect(answer.status).toBe(row.status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.json['requestId']).toBe(answer.headers.get('x-request-id'));
      if (row.rule !== undefined) {
        expect(answer.json['errors']).toContainEqual({
          pointer: row.pointer,
          rule: row.rule,
          detail: expect.any(String),
        });
      }
      expect(fixture.store.log).toHaveLength(storedBefore);
    },
  );
}
