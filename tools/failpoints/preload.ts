import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { AppendOutcome } from '../../src/edges/event-store/event-store.js';
import { EventStoreDbEventStore } from '../../src/edges/event-store/eventstoredb-client.js';
import { DYING, FAILPOINTS_VARIABLE, parseArmament, REPORT_FD, reportLine } from './armament.js';
import { Barrier } from './barrier.js';
import { addHttpPoints } from './http-points.js';
import { StorePoints } from './store-points.js';

/*
 * Loaded beside the application with `node --import`, so that what dies is the very program that `npm start` runs: it knows
 * nothing of failpoints, and nothing a user can set brings them about.
 */

type Sent = Parameters<EventStoreDbEventStore['append']>;
type Append = (this: EventStoreDbEventStore, ...sent: Sent) => Promise<AppendOutcome>;

/** Whoever started this process to see it die must not leave it behind by dying first. */
process.once('disconnect', () => process.exit(1));

const text = process.env[FAILPOINTS_VARIABLE];
if (text !== undefined) arm(text);

function arm(armament: string): void {
  const armed = parseArmament(armament);
  const barrier = new Barrier(armed, {
    reached: (each) => writeSync(REPORT_FD, `${reportLine(each)}\n`),
    die: () => {
      writeSync(REPORT_FD, `${DYING}\n`);
      process.kill(process.pid, 'SIGKILL');
    },
  });
  const points = new StorePoints(armed, barrier);
  const { prototype } = EventStoreDbEventStore;
  const append = Object.getOwnPropertyDescriptor(prototype, 'append')?.value as Append;
  prototype.append = function (this: EventStoreDbEventStore, ...sent: Sent): Promise<AppendOutcome> {
    return points.append(sent[2], () => append.apply(this, sent));
  };
  subscribe('fastify.initialization', (message) => {
    addHttpPoints((message as { fastify: FastifyInstance }).fastify, armed, barrier);
  });
}
