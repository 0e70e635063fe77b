import type { Of } from './audited-transaction.js';
import type { Books } from './books.js';
import { must } from './violation.js';

/** When a request says that its transaction takes effect, in whichever of the forms that requests have. */
interface DatedRequest {
  readonly effectiveAt?: string | null;
  readonly effective?: 'original' | 'now';
}

/** Checks that a transaction takes effect when its request says so. */
export function checkEffectiveTime(books: Books, data: Of<'TransactionPosted'>): void {
  const expected = effectiveTime(books, data);
  must(
    data.effectiveAt === expected,
    'effects-are-dated',
    () => `${data.transactionId} takes effect at ${data.effectiveAt}, and has to at ${expected}`,
  );
}

function effectiveTime(books: Books, { request, recordedAt, parent }: Of<'TransactionPosted'>): string {
  const { effectiveAt = null, effective } = request as DatedRequest;
  if (effective === 'original') {
    const of = parent && books.transaction(parent.transactionId).outcome;
    must(of?.kind === 'posted', 'effects-are-dated', () => 'a reversal goes back to a posted transaction');
    return of.data.effectiveAt;
  }
  return effectiveAt === null ? recordedAt : new Date(effectiveAt).toISOString();
}
