import { parsePositiveAmount } from '../../../kernel/money.js';
import { assert } from '../../../kernel/assert.js';
import type { RequestedPosting, RequestedPostingLeg } from '../../posting/plan.decide.js';
import type {
  PostTransactionRequest,
  PostTransferRequest,
  RequestedLeg,
} from './post-transaction.command.js';

/** Brings both forms of the request to the one the posting road knows, remembering where each part stood. */
export function toRequestedPosting(request: PostTransactionRequest | PostTransferRequest): RequestedPosting {
  const effectiveAtMs = request.effectiveAt === null ? null : Date.parse(request.effectiveAt);
  if (request.form === 'transaction') {
    return {
      legs: request.legs.map((leg, index) => toLeg(leg, pointersOf(index))),
      legsPointer: '/legs',
      accountsMustDiffer: false,
      effectiveAtMs,
    };
  }
  const { from, to, amount, currency } = request;
  const pointers = { amount: '/amount', currency: '/currency' };
  return {
    legs: [
      toLeg({ accountId: from, direction: 'debit', amount, currency }, { ...pointers, account: '/from' }),
      toLeg({ accountId: to, direction: 'credit', amount, currency }, { ...pointers, account: '/to' }),
    ],
    legsPointer: '',
    accountsMustDiffer: true,
    effectiveAtMs,
  };
}

function pointersOf(index: number): RequestedPostingLeg['pointers'] {
  const leg = `/legs/${index}`;
  return { account: `${leg}/accountId`, amount: `${leg}/amount`, currency: `${leg}/currency` };
}

function toLeg(leg: RequestedLeg, pointers: RequestedPostingLeg['pointers']): RequestedPostingLeg {
  const amount = parsePositiveAmount(leg.amount);
  assert(amount !== undefined, 'The edge lets only positive digit strings pass as amounts.');
  return { ...leg, amount, pointers };
}
