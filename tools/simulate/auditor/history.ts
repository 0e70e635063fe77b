import type { CommandOutcome } from '../../../src/write/command.js';
import { recordedRequest, scopeOf, type Order, type Scope } from '../workload/commands.js';
import type { Reply } from '../world/simulated-process.js';
import type { Auditor } from './auditor.js';
import { must } from './violation.js';

/** One command on its way. */
export interface Invocation {
  readonly order: Order;
  /** What has to be recorded under its key, as text. */
  readonly request: string;
  /** The newest position of the log when it was sent. */
  readonly sentAt: bigint;
}

/** What all clients together know of one key. */
interface ClientRecord {
  /** The first order under it. */
  readonly order: Order;
  /** The requests that were sent under it. */
  readonly requests: Set<string>;
  /** The answer that all others must equal, as text. */
  answer: string | null;
  /** How many were told that theirs was the first. */
  first: number;
  /** Somebody was told that it happened, or was told nothing. */
  mayHaveHappened: boolean;
}

type Refused = Extract<CommandOutcome<object>, { kind: 'refused' }>;
type Accepted = Extract<CommandOutcome<object>, { kind: 'accepted' }>;

/** What clients sent and were told, held against the log: ok means there, failed means not there, unknown means either. */
export class History {
  private readonly records = new Map<Scope, ClientRecord>();

  /** @param headPosition the newest position of the log */
  constructor(
    private readonly auditor: Auditor,
    private readonly headPosition: () => bigint,
  ) {}

  /** A client sends a command. */
  invoke(order: Order): Invocation {
    const record = this.record(order);
    const request = canonical(recordedRequest(order));
    record.requests.add(request);
    return { order, request, sentAt: this.headPosition() };
  }

  /** The first order that was sent under each key. */
  orders(): Order[] {
    return [...this.records.values()].map(({ order }) => order);
  }

  /** A client learns something of it. */
  complete(invocation: Invocation, reply: Reply): void {
    const record = this.record(invocation.order);
    if (reply.kind === 'unknown') record.mayHaveHappened = true;
    if (reply.kind !== 'answered') return;
    this.auditor.judge(this.headPosition(), () => {
      if (reply.outcome.kind === 'accepted') this.onAccepted(invocation, reply.outcome, record);
      else this.onRefused(invocation, reply.outcome, record);
    });
  }

  /** A client read an account as it is. */
  read(
    accountId: string,
    sentAt: bigint,
    seen: {
      readonly revision: bigint;
      readonly debits: bigint;
      readonly credits: bigint;
      readonly reserved: bigint;
    },
  ): void {
    this.auditor.judge(this.headPosition(), () => {
      const account = this.auditor.account(accountId);
      const figures = account.history[Number(seen.revision)];
      must(
        seen.revision >= BigInt(account.revisionAt(sentAt)),
        'reads-are-current',
        () => `${account.name} is read at revision ${seen.revision}, older than the read`,
      );
      must(
        figures?.debits === seen.debits &&
          figures.credits === seen.credits &&
          figures.reserved === seen.reserved,
        'reads-are-current',
        () => `${account.name} is read with figures it did not have at revision ${seen.revision}`,
      );
    });
  }

  /** After the run: nothing stands in the log that nobody sent, or that its sender was told had not been done. */
  close(): void {
    for (const [scope, { request, requestAt, outcome }] of this.auditor.keys.records) {
      this.auditor.judge(requestAt, () => {
        const record = this.records.get(scope);
        must(
          record?.requests.has(canonical(request)),
          'failed-is-absent',
          () => `${scope} was never sent as recorded`,
        );
        must(
          outcome === null || record?.mayHaveHappened,
          'failed-is-absent',
          () => `${scope} stands in the log, and every client was told that it was not done`,
        );
      });
    }
  }

  private onAccepted({ order, request }: Invocation, outcome: Accepted, record: ClientRecord): void {
    const scope = scopeOf(order);
    const { body, position, replayed, settled } = outcome;
    record.mayHaveHappened = true;
    this.checkRecorded(order, request, 'accepted', position, '');
    checkEqual(record, scope, JSON.stringify({ body, position: position.toString() }));
    if (!replayed) record.first += 1;
    must(record.first <= 1, 'one-key-one-outcome', () => `${scope} was answered as the first twice`);
    if (!settled) return;
    const owed = this.owedOf(body, position);
    must(
      owed.length === 0,
      'acknowledged-is-present',
      () => `${scope} was answered as settled, and owes ${owed[0]}`,
    );
  }

  private onRefused({ order, request, sentAt }: Invocation, outcome: Refused, record: ClientRecord): void {
    const scope = scopeOf(order);
    const { refusal, position, replayed } = outcome;
    const { code, details } = refusal;
    const known = this.auditor.keys.records.get(scope);
    const isSame = known !== undefined && canonical(known.request) === request;
    if (position !== null) {
      record.mayHaveHappened = true;
      this.checkRecorded(order, request, 'refused', position, code);
      checkEqual(record, scope, JSON.stringify({ refusal, position: position.toString() }));
      if (!replayed) record.first += 1;
      must(record.first <= 1, 'one-key-one-outcome', () => `${scope} was answered as the first twice`);
    } else if (code === 'idempotency-key-reused') {
      // A key is in use from the first attempt on, even one that was abandoned.
      must(
        known ? !isSame : record.requests.size > 1,
        'one-key-one-outcome',
        () => `${scope} is called reused, and is not`,
      );
    } else {
      const hadOutcome = isSame && known.outcome !== null && known.outcome.position <= sentAt;
      must(
        !hadOutcome,
        'one-key-one-outcome',
        () => `${scope} was ${known?.outcome?.kind} before, and is now refused as ${code}`,
      );
    }
    if (position !== null && !replayed) this.checkLack(order, details, sentAt);
  }

  /** A refusal for what is available says what was available, and is never for lack of what the same command set aside. */
  private checkLack(order: Order, details: Refused['refusal']['details'], sentAt: bigint): void {
    const { accountId, available, required, overdraftLimit = '0', availableMin } = details;
    if (accountId === undefined || available === undefined) return;
    const account = this.auditor.account(accountId);
    const needed =
      required === undefined ? BigInt(availableMin ?? 0) : BigInt(required) - BigInt(overdraftLimit);
    const stream = this.auditor.keys.records.get(scopeOf(order))?.outcome?.streamName ?? '';
    const { outcome } = this.auditor.transaction(stream.slice('transaction-'.length));
    must(outcome?.kind === 'rejected', 'acknowledged-is-present', () => `${stream} holds no refusal`);
    must(
      account.didLack({ available: BigInt(available), needed }, outcome.data, sentAt),
      'refusals-are-true',
      () => `${account.name} never had only ${available} of ${needed} since ${scopeOf(order)} was sent`,
    );
  }

  private checkRecorded(
    order: Order,
    request: string,
    kind: 'accepted' | 'refused',
    position: bigint,
    code: string,
  ): void {
    const scope = scopeOf(order);
    const known = this.auditor.keys.records.get(scope);
    const stands = known?.outcome?.kind === kind && known.outcome.position === position;
    const what = (): string => `${scope} was told ${kind} ${code} at ${position}, the log says otherwise`;
    must(known && stands && known.outcome?.code === code, 'acknowledged-is-present', what);
    const isSame = canonical(known.request) === request;
    must(isSame, 'one-key-one-outcome', () => `${scope} was answered ${kind} to another request`);
  }

  /** What the answered command owes, in words. */
  private owedOf(body: object, position: bigint): readonly string[] {
    const { transactionId } = body as { transactionId?: string };
    if (transactionId !== undefined) return this.auditor.transaction(transactionId).owes();
    return [...this.auditor.owedReleases]
      .filter(([, { since }]) => since === position)
      .map(([key]) => `the release ${key}`);
  }

  private record(order: Order): ClientRecord {
    const scope = scopeOf(order);
    const known = this.records.get(scope);
    if (known) return known;
    const record = { order, requests: new Set<string>(), answer: null, first: 0, mayHaveHappened: false };
    this.records.set(scope, record);
    return record;
  }
}

function checkEqual(record: ClientRecord, scope: Scope, answer: string): void {
  record.answer ??= answer;
  must(
    record.answer === answer,
    'one-key-one-outcome',
    () => `${scope} was answered ${record.answer}, then ${answer}`,
  );
}

/** The same text for the same JSON, whatever the order of its fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join()}}`;
}
