import { limits } from '../../../config/limits.js';
import { currencyExponent } from '../../../kernel/currencies.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import { refusal, type Refusal } from '../../refusals.js';
import type { AccountOpened } from '../events.js';
import type { AccountState } from '../state.js';
import type { OpenAccountRequest } from './open-account.command.js';

/** What the decision needs besides the request, looked up before. */
export interface OpenAccountFacts {
  readonly accountId: string;
  readonly companyId: string;
  readonly idempotencyKey: string;
  readonly requestHash: string;
  readonly now: string;
  /** The named parent, or null when the company has no such account. Ignored when none was named. */
  readonly parent: AccountState | null;
}

/** Opens an account, or says which rule forbids it. The order of the rules is part of the API. */
export function decideOpenAccount(
  request: OpenAccountRequest,
  facts: OpenAccountFacts,
): Result<AccountOpened, Refusal> {
  const exponent = currencyExponent(request.currency);
  if (exponent === undefined) {
    return refused(refusal('currency-must-exist', '/currency', { currency: request.currency }));
  }
  const ancestorIds: string[] = [];
  if (request.parentId !== null) {
    const { parent } = facts;
    const details = { parentId: request.parentId };
    if (parent === null) return refused(refusal('parent-must-exist', '/parentId', details));
    if (parent.status === 'closing' || parent.status === 'closed') {
      return refused(refusal('parent-must-be-open', '/parentId', { ...details, status: parent.status }));
    }
    ancestorIds.push(...parent.ancestorIds, parent.accountId);
    if (ancestorIds.length > limits.hierarchyDepthMax) {
      return refused(
        refusal('hierarchy-too-deep', '/parentId', { depthMax: limits.hierarchyDepthMax.toString() }),
      );
    }
  }
  return success({
    type: 'AccountOpened',
    data: {
      accountId: facts.accountId,
      companyId: facts.companyId,
      name: request.name,
      accountType: request.type,
      currency: request.currency,
      exponent,
      parentId: request.parentId,
      ancestorIds,
      overdraftLimit: request.overdraftLimit,
      metadata: request.metadata,
      openedAt: facts.now,
      idempotencyKey: facts.idempotencyKey,
      requestHash: facts.requestHash,
      request,
    },
  });
}
