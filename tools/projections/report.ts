import type { Inspection } from '../../projections/runtime/inspect.js';
import { table } from '../command-line/table.js';

/** Writes what projections are doing, for a person: a line each, then why each that stopped did, and what to do. */
export function describeProjections(inspections: readonly Inspection[], head: bigint): string {
  const rows = inspections.map(({ name, state, position, lagMs }) => [
    ...[name, state, position === null ? '-' : `${position}`],
    lagMs === 0 ? '0 s' : `${(lagMs / 1000).toFixed(1)} s`,
  ]);
  const stopped = inspections.filter(({ state }) => state === 'stopped');
  const idle = inspections.filter(({ state }) => state === 'not-running');
  return [
    table([['projection', 'state', 'position', 'lag'], ...rows], [2, 3]),
    '',
    `The event store's head is at position ${head}.`,
    ...stopped.map(({ name, reason }) => `${name} has stopped. ${reason}`),
    ...(idle.length === 0
      ? []
      : [`No process runs ${idle.map(({ name }) => name).join(', ')}: start one with the role projector.`]),
    ...(stopped.length === 0
      ? []
      : ['Once the reason is removed: npm run projections -- retry [name]. Nothing is ever skipped.']),
  ].join('\n');
}
