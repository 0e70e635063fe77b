import type { ChangeAccountRequest } from '../../../src/write/accounts/change-account/change-account.command.js';
import type { OpenAccountRequest } from '../../../src/write/accounts/open-account/open-account.command.js';
import type { CaptureHoldRequest } from '../../../src/write/transactions/capture-hold/capture-hold.command.js';
import type { ExtendHoldRequest } from '../../../src/write/transactions/extend-hold/extend-hold.command.js';
import type { HoldFundsRequest } from '../../../src/write/transactions/hold-funds/hold-funds.command.js';
import type { IncreaseHoldRequest } from '../../../src/write/transactions/increase-hold/increase-hold.command.js';
import type {
  PostTransactionRequest,
  PostTransferRequest,
} from '../../../src/write/transactions/post-transaction/post-transaction.command.js';
import type { ReverseTransactionRequest } from '../../../src/write/transactions/reverse-transaction/reverse-transaction.command.js';
import type { VoidHoldRequest } from '../../../src/write/transactions/void-hold/void-hold.command.js';

interface Reasoned {
  readonly reason: string | null;
}

/** Everything a client can ask of the write side. */
export type Command =
  | { readonly kind: 'open-account'; readonly request: OpenAccountRequest }
  | { readonly kind: 'change-account'; readonly target: string; readonly request: ChangeAccountRequest }
  | { readonly kind: 'freeze-account'; readonly target: string; readonly request: Reasoned }
  | { readonly kind: 'unfreeze-account'; readonly target: string; readonly request: Reasoned }
  | { readonly kind: 'close-account'; readonly target: string; readonly request: Reasoned }
  | { readonly kind: 'reopen-account'; readonly target: string; readonly request: Reasoned }
  | { readonly kind: 'transaction'; readonly request: PostTransactionRequest }
  | { readonly kind: 'transfer'; readonly request: PostTransferRequest }
  | { readonly kind: 'hold'; readonly request: HoldFundsRequest }
  | { readonly kind: 'capture'; readonly target: string; readonly request: CaptureHoldRequest }
  | { readonly kind: 'increase-hold'; readonly target: string; readonly request: IncreaseHoldRequest }
  | { readonly kind: 'extend-hold'; readonly target: string; readonly request: ExtendHoldRequest }
  | { readonly kind: 'void-hold'; readonly target: string; readonly request: VoidHoldRequest }
  | { readonly kind: 'reverse'; readonly target: string; readonly request: ReverseTransactionRequest };

export type CommandKind = Command['kind'];

/** The name under which a key stands for one command, for ever. Built by whoever sends and by whoever audits, each alone. */
export type Scope = string;

/** One command of one client, however often it is sent. */
export interface Order {
  readonly companyId: string;
  readonly key: string;
  readonly command: Command;
}

/** What the order's key is unique within: a company's accounts, its money, or one account's administration. */
export function scopeOf({ companyId, key, command }: Order): Scope {
  switch (command.kind) {
    case 'open-account':
      return `open:${companyId}:${key}`;
    case 'change-account':
    case 'freeze-account':
    case 'unfreeze-account':
    case 'close-account':
    case 'reopen-account':
      return `account:${command.target}:${key}`;
    case 'transaction':
    case 'transfer':
    case 'hold':
    case 'capture':
    case 'increase-hold':
    case 'extend-hold':
    case 'void-hold':
    case 'reverse':
      return `money:${companyId}:${key}`;
  }
}

/** The request as the ledger has to record it under the order's key. */
export function recordedRequest({ command }: Order): object {
  switch (command.kind) {
    case 'open-account':
    case 'transaction':
    case 'transfer':
    case 'hold':
      return command.request;
    case 'capture':
    case 'increase-hold':
      return { ...command.request, holdId: command.target };
    case 'reverse':
      return { ...command.request, originalId: command.target };
    case 'change-account':
    case 'freeze-account':
    case 'unfreeze-account':
    case 'close-account':
    case 'reopen-account':
    case 'extend-hold':
    case 'void-hold':
      return { command: command.kind, target: command.target, ...command.request };
  }
}
