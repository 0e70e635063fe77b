import type { Instant } from '../../../kernel/clock.js';
import { currencyExponent } from '../../../kernel/currencies.js';
import { refused, success, type Result } from '../../../kernel/result.js';
import { refusal, type Refusal } from '../../refusals.js';
import { RESERVED_COUNTER_PREFIX, type CounterDefined } from '../events.js';
import type { DefineCounterRequest } from './define-counter.command.js';

/** What the decision needs besides the request. */
export interface DefineCounterFacts {
  readonly counterId: string;
  readonly companyId: string;
  readonly now: Instant;
}

/** Defines a counter, or says which rule forbids it. The order of the rules is part of the API. */
export function decideDefineCounter(
  { counter, by, where }: DefineCounterRequest,
  { counterId, companyId, now }: DefineCounterFacts,
): Result<CounterDefined, Refusal> {
  if (counter.startsWith(RESERVED_COUNTER_PREFIX)) {
    return refused(refusal('counter-name-is-reserved', '#path/counter', { counter }));
  }
  const { currency } = where;
  if (currency !== null && currencyExponent(currency) === undefined) {
    return refused(refusal('currency-must-exist', '/where/currency', { currency }));
  }
  return success({
    type: 'CounterDefined',
    data: { counterId, companyId, counter, by, where, definedAt: now },
  });
}
