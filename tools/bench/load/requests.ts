import {
  ACTIVITIES,
  ACTIVITY_KEYS,
  BULK_COMMANDS,
  HOT_SHARE,
  ZIPF_EXPONENT,
  type ClosedLoopPhase,
} from '../phases.js';
import { Zipf } from './zipf.js';

/** A command ready to be sent. */
export interface PreparedRequest {
  readonly path: string;
  readonly key: string;
  readonly body: string;
  /** Transfers, or activities, in it. */
  readonly commands: number;
}

/** The phases whose load is HTTP requests. */
export type HttpPhase = Exclude<ClosedLoopPhase, 'raw'>;

/** A currency that no rule of the schema lets through, of the length of one that it does. */
const REFUSED_CURRENCY = 'usd';

/**
 * Makes the requests of every phase over the same accounts. The accounts are liabilities with a floor, so every transfer
 * has one leg that is checked: it is reserved, committed, and entered on both sides.
 */
export class Requests {
  private readonly zipf: Zipf;
  private made = 0;

  /**
   * @param accountIds at least two; the first two are the hot ones
   * @param keyPrefix makes the idempotency keys of this run its own
   * @param random at least 0, below 1
   */
  constructor(
    private readonly accountIds: readonly string[],
    private readonly keyPrefix: string,
    private readonly random: () => number = Math.random,
  ) {
    this.zipf = new Zipf(accountIds.length, ZIPF_EXPONENT);
  }

  next(phase: HttpPhase): PreparedRequest {
    switch (phase) {
      case 'noop': {
        const [from, to] = this.differing(() => this.any());
        return this.transfer(from, to, REFUSED_CURRENCY);
      }
      case 'uniform':
        return this.transfer(...this.differing(() => this.any()));
      case 'hot-credit': {
        const [from, to] = this.differing(() => this.any(), this.hot(0));
        return this.transfer(from, to);
      }
      case 'hot-debit': {
        const [to, from] = this.differing(() => this.any(), this.hot(1));
        return this.transfer(from, to);
      }
      case 'zipf':
        return this.transfer(...this.differing(() => this.zipf.rank(this.random())));
      case 'bulk':
        return this.bulk();
      case 'activities':
        return this.activities(() => this.anyKey());
      case 'hot-activities':
        return this.activities(() => (this.random() < HOT_SHARE ? 0 : this.anyKey()));
    }
  }

  /** A transfer to a given account. */
  credit(accountId: string): PreparedRequest {
    const request = this.transfer(0, 1);
    return { ...request, body: request.body.replace(this.accountIds[1] ?? '', accountId) };
  }

  private transfer(from: number, to: number, currency = 'USD'): PreparedRequest {
    return { path: '/v1/transfers', key: this.newKey(), body: this.body(from, to, currency), commands: 1 };
  }

  private bulk(): PreparedRequest {
    const commands = Array.from({ length: BULK_COMMANDS }, () => {
      const [from, to] = this.differing(() => this.any());
      return `{"idempotencyKey":"${this.newKey()}","transfer":${this.body(from, to, 'USD')}}`;
    });
    return {
      path: '/v1/transactions/bulk',
      key: this.newKey(),
      body: `[${commands.join(',')}]`,
      commands: BULK_COMMANDS,
    };
  }

  /** Every id is new: nothing is counted twice, and each has to be looked for all the same. */
  private activities(draw: () => number): PreparedRequest {
    const occurredAt = new Date().toISOString();
    const activities = Array.from(
      { length: ACTIVITIES },
      () =>
        `{"id":"${this.newKey()}","counter":"bench-views","key":"page-${draw()}","occurredAt":"${occurredAt}"}`,
    );
    const body = `{"activities":[${activities.join(',')}]}`;
    return { path: '/v1/activities', key: this.newKey(), body, commands: ACTIVITIES };
  }

  private body(from: number, to: number, currency: string): string {
    return `{"from":"${this.accountIds[from] ?? ''}","to":"${this.accountIds[to] ?? ''}","amount":"105","currency":"${currency}","description":"Order ${this.made}"}`;
  }

  private newKey(): string {
    this.made += 1;
    return `${this.keyPrefix}-${this.made}`;
  }

  /** Two different accounts, drawn until they are; the second given or drawn too. */
  private differing(draw: () => number, second = draw()): [number, number] {
    for (;;) {
      const first = draw();
      if (first !== second) return [first, second];
    }
  }

  private any(): number {
    return Math.floor(this.random() * this.accountIds.length);
  }

  private anyKey(): number {
    return Math.floor(this.random() * ACTIVITY_KEYS);
  }

  private hot(account: number): number {
    return this.random() < HOT_SHARE ? account : this.any();
  }
}
