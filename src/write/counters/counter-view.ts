import type { CounterFilter, CounterPart } from './events.js';

/** A definition as it is answered. */
export interface CounterView {
  readonly counter: string;
  readonly by: readonly CounterPart[];
  readonly where: CounterFilter;
  readonly definedAt: string;
}
