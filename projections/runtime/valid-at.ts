import type { Projection } from './projection.js';

/**
 * Writes a subquery of one row and one column, `position`: what an answer is valid at that is read from several
 * projections in one statement. All of them contain everything up to there.
 *
 * @param sources the projections; their names are our own constants
 */
export function validAt(sources: readonly Pick<Projection, 'name'>[]): string {
  const names = sources.map(({ name }) => `'${name}'`).join(', ');
  return `(select case when count(*) = ${sources.length} then min(position) else 0 end as position
             from ledger.projection_checkpoints where name in (${names}))`;
}
