import type { RequestedPosting } from '../../posting/legs.js';
import { toRequestedLeg, toRequestedLegs } from '../requested-legs.js';
import type { PostTransactionRequest, PostTransferRequest } from './post-transaction.command.js';

/** Brings both forms of the request to the one the posting road knows, remembering where each part stood. */
export function toRequestedPosting(request: PostTransactionRequest | PostTransferRequest): RequestedPosting {
  const effectiveAtMs = request.effectiveAt === null ? null : Date.parse(request.effectiveAt);
  if (request.form === 'transaction') {
    const legs = toRequestedLegs(request.legs);
    return { legs, legsPointer: '/legs', accountsMustDiffer: false, effectiveAtMs };
  }
  const { from, to, amount, currency } = request;
  const pointers = { amount: '/amount', currency: '/currency' };
  return {
    legs: [
      toRequestedLeg(
        { accountId: from, direction: 'debit', amount, currency },
        { ...pointers, account: '/from' },
      ),
      toRequestedLeg(
        { accountId: to, direction: 'credit', amount, currency },
        { ...pointers, account: '/to' },
      ),
    ],
    legsPointer: '',
    accountsMustDiffer: true,
    effectiveAtMs,
  };
}
