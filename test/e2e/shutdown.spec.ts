import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'node:http';
import type { Served } from '../../src/app/serve.js';
import { FakeLedger, serveFake } from '../support/fake-ledger.js';
import { call, type Answer } from '../support/http-client.js';
import { until } from '../support/until.js';

const BODY = {
  from: 'a2d6b5c4-0f1e-4d3c-8b2a-190817263544',
  to: 'b2d6b5c4-0f1e-4d3c-8b2a-190817263544',
  amount: '5',
  currency: 'USD',
};
const ACCEPTED = { kind: 'accepted', body: {}, position: 1n, replayed: false, settled: true };

let served: Served;
afterEach(() => served.close());

describe('shutdown', () => {
  it('lets answers in flight end, closes connections after them, and takes no new ones', async () => {
    const ledger = new FakeLedger();
    let finish: (answer: object) => void = () => undefined;
    ledger.answer = () => new Promise<object>((resolve) => (finish = resolve));
    served = await serveFake(ledger);
    const inFlight = call(served.url, 'POST /v1/transfers', { body: BODY });
    await until(() => ledger.dispatched.length === 1);

    const drained = served.drain();
    await expect(fetch(`${served.url}/livez`, { headers: { connection: 'close' } })).rejects.toThrow();
    finish(ACCEPTED);
    const answer = await inFlight;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('connection')).toBe('close');
    expect(await drained).toBe(true);
  });

  it('refuses what arrives on a connection that is still open, so that the client goes elsewhere', async () => {
    const ledger = new FakeLedger();
    const finishes: ((answer: object) => void)[] = [];
    ledger.answer = () => new Promise<object>((resolve) => finishes.push(resolve));
    served = await serveFake(ledger);
    // Pipelined: both requests are on the wire before the first is answered.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = send(served.url, agent);
    await until(() => ledger.dispatched.length === 1);
    const second = send(served.url, agent);
    const drained = served.drain();
    finishes[0]?.(ACCEPTED);
    expect((await first).status).toBe(201);
    // The one connection closes after the first answer; the second request is refused or never taken, but not done.
    await second.then(
      ({ status }) => expect(status).toBe(503),
      () => undefined,
    );
    expect(ledger.dispatched).toHaveLength(1);
    expect(await drained).toBe(true);
    agent.destroy();
  });

  it('waits no longer than it may', async () => {
    const ledger = new FakeLedger();
    ledger.answer = () => new Promise(() => undefined);
    served = await serveFake(ledger);
    const stuck = call(served.url, 'POST /v1/transfers', { body: BODY }).catch(() => 'cut');
    await until(() => ledger.dispatched.length === 1);
    expect(await served.drain(100)).toBe(false);
    expect(await stuck).toBe('cut');
  });
});

function send(baseUrl: string, agent: Agent): Promise<Pick<Answer, 'status'>> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${baseUrl}/v1/transfers`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json', 'idempotency-key': 'k' } },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
      },
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(BODY));
  });
}
