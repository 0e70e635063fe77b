import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Armed, Point } from './armament.js';
import type { Barrier } from './barrier.js';

/** Stops the armed commands where their request comes in and their answer goes out: P0, P6 and P7. */
export function addHttpPoints(server: FastifyInstance, armed: readonly Armed[], barrier: Barrier): void {
  const at = (point: Point, { method, headers }: FastifyRequest): Armed | undefined =>
    armed.find(
      (each) => each.point === point && method === 'POST' && each.key === headers['idempotency-key'],
    );
  server.addHook('preHandler', async (request) => {
    const found = at('P0', request);
    if (found) await barrier.stop(found);
  });
  server.addHook('onSend', async (request, _reply, payload) => {
    const found = at('P6', request);
    return found ? barrier.stop(found) : payload;
  });
  server.addHook('onResponse', async (request) => {
    const found = at('P7', request);
    if (found) await barrier.stop(found);
  });
}
