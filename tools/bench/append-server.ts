import { LmdbEventLog } from '../../src/embedded/event-store/log/lmdb-event-log.js';
import { EventStoreServer } from '../../src/embedded/event-store/server.js';
import { NullEventLog } from './null-event-log.js';

/*
 * One of the two servers of append-ratio, in a process of its own: `null`, or `lmdb` and a directory.
 * Tells its parent the port, and ends with it.
 */

const clock = { nowMs: () => Date.now() };
const [, , kind, directory = ''] = process.argv;
const log = kind === 'lmdb' ? await LmdbEventLog.open(directory, clock) : new NullEventLog();
const server = await EventStoreServer.listen({ log, clock, host: '127.0.0.1', port: 0 });

process.on('disconnect', () => {
  void server
    .stop()
    .then(() => log.close())
    .then(() => process.exit(0));
});
process.send?.({ port: server.port });
