import { IDEMPOTENCY_KEY_PATTERN } from '../../edges/http/idempotency-key.js';
import { inspectJson } from '../../edges/http/json-body.js';
import { Problem } from '../../edges/http/problem.js';
import { StrictValidationPipe } from '../../edges/http/validation.js';
import type { CommandContext } from '../command.js';
import { CaptureHoldCommand } from '../transactions/capture-hold/capture-hold.command.js';
import { toCaptureRequest } from '../transactions/capture-hold/capture-hold.http.js';
import { HoldFundsCommand } from '../transactions/hold-funds/hold-funds.command.js';
import { toHoldRequest } from '../transactions/hold-funds/hold-funds.http.js';
import { PostTransactionCommand } from '../transactions/post-transaction/post-transaction.command.js';
import {
  toTransactionRequest,
  toTransferRequest,
} from '../transactions/post-transaction/post-transaction.http.js';
import { isSoundTransaction, isSoundTransfer } from '../transactions/post-transaction/sound-body.js';
import { ReverseTransactionCommand } from '../transactions/reverse-transaction/reverse-transaction.command.js';
import { toReversalRequest } from '../transactions/reverse-transaction/reverse-transaction.http.js';
import { BulkItemBody } from './bulk-item.http.js';

export type BulkCommand =
  PostTransactionCommand | HoldFundsCommand | CaptureHoldCommand | ReverseTransactionCommand;

const FORMS = ['transfer', 'transaction', 'hold', 'capture', 'reversal'] as const;

/** One command of a bulk request, held to its rules. */
export interface ReadItem {
  readonly idempotencyKey: string;
  /** Where the command stands in the item: what its own pointers begin with. */
  readonly form: (typeof FORMS)[number];
  readonly toCommand: (context: CommandContext) => BulkCommand;
}

const pipe = new StrictValidationPipe();

/**
 * Reads one command of a bulk request, by the same rules and with the same words as where it is sent alone.
 *
 * @throws Problem with pointers that begin at the item
 */
export async function readItem(value: unknown): Promise<ReadItem> {
  return readSound(value) ?? readStrict(value);
}

/** What is sound beyond doubt needs no further look: most of what comes, at a small part of the cost. */
function readSound(value: unknown): ReadItem | null {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return null;
  const { idempotencyKey, transfer, transaction } = value as Partial<Record<keyof BulkItemBody, unknown>>;
  if (!isKey(idempotencyKey)) return null;
  if (isSoundTransfer(transfer)) {
    const request = toTransferRequest(transfer);
    return {
      idempotencyKey,
      form: 'transfer',
      toCommand: (context) => new PostTransactionCommand(context, request),
    };
  }
  if (!isSoundTransaction(transaction)) return null;
  const request = toTransactionRequest(transaction);
  return {
    idempotencyKey,
    form: 'transaction',
    toCommand: (context) => new PostTransactionCommand(context, request),
  };
}

async function readStrict(value: unknown): Promise<ReadItem> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('', 'isObject', 'This is an object.');
  }
  inspectJson(value);
  const item = (await pipe.transform(value, { type: 'body', metatype: BulkItemBody })) as BulkItemBody;
  const forms = FORMS.filter((form) => item[form] !== undefined);
  if (forms.length !== 1) throw invalid('', 'isOneCommand', `An item is one of ${FORMS.join(', ')}.`);
  return { idempotencyKey: item.idempotencyKey, ...commandOf(item) };
}

function commandOf({
  transfer,
  transaction,
  hold,
  capture,
  reversal,
}: BulkItemBody): Pick<ReadItem, 'form' | 'toCommand'> {
  if (transfer) {
    const request = toTransferRequest(transfer);
    return { form: 'transfer', toCommand: (context) => new PostTransactionCommand(context, request) };
  }
  if (transaction) {
    const request = toTransactionRequest(transaction);
    return { form: 'transaction', toCommand: (context) => new PostTransactionCommand(context, request) };
  }
  if (hold) {
    const request = toHoldRequest(hold);
    return { form: 'hold', toCommand: (context) => new HoldFundsCommand(context, request) };
  }
  if (capture) {
    const holdId = capture.holdId.toLowerCase();
    const request = toCaptureRequest(capture);
    return { form: 'capture', toCommand: (context) => new CaptureHoldCommand(context, holdId, request) };
  }
  if (!reversal) throw invalid('', 'isOneCommand', `An item is one of ${FORMS.join(', ')}.`);
  const originalId = reversal.transactionId.toLowerCase();
  const request = toReversalRequest(reversal);
  return {
    form: 'reversal',
    toCommand: (context) => new ReverseTransactionCommand(context, originalId, request),
  };
}

/** The key of an item that may be malformed otherwise; null when it has none that is one. */
export function keyOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'idempotencyKey')) return null;
  const key: unknown = Reflect.get(value, 'idempotencyKey');
  return isKey(key) ? key : null;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && IDEMPOTENCY_KEY_PATTERN.test(value);
}

function invalid(pointer: string, rule: string, detail: string): Problem {
  return new Problem('request-must-be-valid', { errors: [{ pointer, rule, detail }], detail });
}
