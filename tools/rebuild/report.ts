import type { RebuildResult } from '../../projections/runtime/rebuild/rebuild.js';
import { table } from '../command-line/table.js';

/** Whether the fresh tables hold what the old ones held; true where those could not be compared. */
export function isSame({ fresh, old, incomparable }: RebuildResult): boolean {
  return (
    incomparable !== null ||
    fresh.every(({ table, rows, digest }) =>
      old.some((other) => other.table === table && other.rows === rows && other.digest === digest),
    )
  );
}

/** Writes what came of rebuilds, for a person: a line per table with the digests of the old and the fresh rows. */
export function describeRebuild(results: readonly RebuildResult[]): string {
  const lines = results.flatMap((result) =>
    result.fresh.map(({ table: name, rows, digest }) => {
      const old = result.old.find((other) => other.table === name);
      const isEqual = old?.rows === rows && old.digest === digest;
      return [
        ...[result.name, name, `${result.position}`, `${rows}`, digest],
        `${old?.rows ?? 0n}`,
        old?.digest ?? '-',
        result.incomparable === null ? (isEqual ? 'equal' : 'DIFFERENT') : 'not comparable',
      ];
    }),
  );
  const head = ['projection', 'table', 'position', 'rows', 'digest', 'old rows', 'old digest', ''];
  const reasons = results.flatMap(({ incomparable }) => (incomparable === null ? [] : [incomparable]));
  const differing = results.filter((result) => !isSame(result)).map(({ name }) => name);
  return [
    table([head, ...lines], [2, 3, 4, 5, 6]),
    '',
    ...reasons.map((reason) => `Not comparable: ${reason}`),
    differing.length === 0
      ? `${results.length === 1 ? 'The projection was' : `${results.length} projections were`} rebuilt and swapped in.`
      : `The old tables of ${differing.join(', ')} were not what the log says; the fresh ones have taken their place.`,
  ].join('\n');
}
