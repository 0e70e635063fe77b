import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../src/edges/event-store/event-store.js';
import type { IdSource } from '../../src/kernel/ids.js';
import type { Direction } from '../../src/kernel/money.js';
import type { CommandContext, CommandOutcome } from '../../src/write/command.js';
import { NO_METRICS } from '../../src/write/metrics.js';
import { Settlement } from '../../src/write/posting/settle.js';
import { HoldAdministration } from '../../src/write/transactions/administration.js';
import {
  CaptureHoldCommand,
  type CaptureHoldRequest,
} from '../../src/write/transactions/capture-hold/capture-hold.command.js';
import { CaptureHoldHandler } from '../../src/write/transactions/capture-hold/capture-hold.handler.js';
import { ExtendHoldCommand } from '../../src/write/transactions/extend-hold/extend-hold.command.js';
import { ExtendHoldHandler } from '../../src/write/transactions/extend-hold/extend-hold.handler.js';
import {
  HoldFundsCommand,
  type HoldFundsRequest,
} from '../../src/write/transactions/hold-funds/hold-funds.command.js';
import { HoldFundsHandler } from '../../src/write/transactions/hold-funds/hold-funds.handler.js';
import type { HoldView } from '../../src/write/transactions/hold-view.js';
import {
  IncreaseHoldCommand,
  type IncreaseView,
} from '../../src/write/transactions/increase-hold/increase-hold.command.js';
import { IncreaseHoldHandler } from '../../src/write/transactions/increase-hold/increase-hold.handler.js';
import { ReadHoldQuery } from '../../src/write/transactions/read-hold/read-hold.query.js';
import { ReadHoldHandler } from '../../src/write/transactions/read-hold/read-hold.handler.js';
import type { RequestedLeg } from '../../src/write/transactions/requested-legs.js';
import {
  ReverseTransactionCommand,
  type ReverseTransactionRequest,
} from '../../src/write/transactions/reverse-transaction/reverse-transaction.command.js';
import { ReverseTransactionHandler } from '../../src/write/transactions/reverse-transaction/reverse-transaction.handler.js';
import type { TransactionView } from '../../src/write/transactions/transaction-view.js';
import { VoidHoldCommand } from '../../src/write/transactions/void-hold/void-hold.command.js';
import { VoidHoldHandler } from '../../src/write/transactions/void-hold/void-hold.handler.js';
import { HoldExpiry } from '../../src/write/posting/recovery/expire-holds.js';
import type { InMemoryEventStore } from './in-memory-event-store.js';
import { aContext, NO_TEXT, WriteSide } from './write-side.js';

const PRINCIPAL = aContext().principal;

/** One process's write side with holds and reversals, on a clock that a spec moves. */
export class HoldSide<Store extends EventStore = InMemoryEventStore> extends WriteSide<Store> {
  private readonly time: { nowMs: number };
  private readonly administration_: HoldAdministration;
  private readonly expiry: HoldExpiry;

  constructor(store: Store, time = { nowMs: Date.now() }, ids: IdSource = { newId: () => randomUUID() }) {
    const clock = { nowMs: () => time.nowMs };
    super(store, clock, ids);
    this.time = time;
    const settlement = new Settlement(this.executors, this.parents, clock, NO_METRICS);
    this.administration_ = new HoldAdministration(this.parents, settlement, store, clock, ids);
    this.expiry = new HoldExpiry(this.parents, settlement, clock);
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  set nowMs(nowMs: number) {
    this.time.nowMs = nowMs;
  }

  hold(
    request: Pick<HoldFundsRequest, 'legs'> & Partial<HoldFundsRequest>,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<HoldView>> {
    const { effectiveAt: _none, ...text } = NO_TEXT;
    const full: HoldFundsRequest = { form: 'hold', ...text, kind: 'hold', expiresAt: null, ...request };
    return new HoldFundsHandler(this.posting).execute(new HoldFundsCommand(aContext(context), full));
  }

  /** Makes a hold that must be accepted, and gives its id. */
  async held(request: Pick<HoldFundsRequest, 'legs'> & Partial<HoldFundsRequest>): Promise<string> {
    const outcome = await this.hold(request);
    if (outcome.kind !== 'accepted') throw new Error(`Not held: ${outcome.refusal.code}`);
    return outcome.body.holdId;
  }

  capture(
    holdId: string,
    request: Partial<CaptureHoldRequest>,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<TransactionView>> {
    const full: CaptureHoldRequest = {
      form: 'capture',
      ...NO_TEXT,
      kind: 'capture',
      legs: null,
      final: false,
      ...request,
    };
    return new CaptureHoldHandler(this.posting).execute(
      new CaptureHoldCommand(aContext(context), holdId, full),
    );
  }

  increase(
    holdId: string,
    legs: readonly RequestedLeg[],
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<IncreaseView>> {
    const command = new IncreaseHoldCommand(aContext(context), holdId, {
      form: 'increase',
      legs,
      description: null,
    });
    return new IncreaseHoldHandler(this.posting).execute(command);
  }

  void(holdId: string, context: Partial<CommandContext> = {}): Promise<CommandOutcome<HoldView>> {
    const command = new VoidHoldCommand(aContext(context), holdId, { reason: null });
    return new VoidHoldHandler(this.administration_).execute(command);
  }

  extend(
    holdId: string,
    expiresAt: string,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<HoldView>> {
    const command = new ExtendHoldCommand(aContext(context), holdId, { expiresAt });
    return new ExtendHoldHandler(this.administration_).execute(command);
  }

  expire(holdId: string): Promise<boolean> {
    return this.expiry.expire(holdId, PRINCIPAL.companyId);
  }

  reverse(
    originalId: string,
    request: Partial<ReverseTransactionRequest>,
    context: Partial<CommandContext> = {},
  ): Promise<CommandOutcome<TransactionView>> {
    const { effectiveAt: _none, ...text } = NO_TEXT;
    const full: ReverseTransactionRequest = {
      form: 'reversal',
      ...text,
      kind: 'reversal',
      legs: null,
      effective: 'now',
      ...request,
    };
    const command = new ReverseTransactionCommand(aContext(context), originalId, full);
    return new ReverseTransactionHandler(this.posting).execute(command);
  }

  async view(holdId: string): Promise<HoldView | undefined> {
    const read = await new ReadHoldHandler(this.parents).execute(new ReadHoldQuery(PRINCIPAL, holdId));
    return read?.hold;
  }
}

/** A leg in USD. */
export function leg(accountId: string, direction: Direction, amount: string): RequestedLeg {
  return { accountId, direction, amount, currency: 'USD' };
}
