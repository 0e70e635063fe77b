import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { limits } from '../../src/config/limits.js';
import { BadInputFixture } from '../support/bad-input.js';
import { converse, resultsOf, sendArray, sendInPieces, sendLines, toLines } from '../support/bulk.js';
import { freshKey } from '../support/http-client.js';

const fixture = new BadInputFixture();
beforeAll(() => fixture.start());
afterAll(() => fixture.stop());

/** A sound transfer as an item. */
function item(changes: object = {}): { idempotencyKey: string; transfer: object } {
  return { idempotencyKey: freshKey(), transfer: fixture.transfer(changes) };
}

describe('the lines of a bulk request', () => {
  it('may end in any way, have blank lines between them, and be cut anywhere on the way', async () => {
    const [a, b] = [item(), item({ description: 'Grüße, 漢字' })].map((each) => JSON.stringify(each));
    const bytes = Buffer.from(`\r\n${a}\r\n\n  \t\n${b}`);
    const results = resultsOf(
      await sendInPieces(
        fixture.url,
        [...bytes].map((byte) => Buffer.from([byte])),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('that are no JSON, or no text, or too long, get problems of their own', async () => {
    const sound = Buffer.from(toLines([item()]));
    const broken = Buffer.from('{"idempotencyKey":\n');
    const noText = Buffer.from([0x22, 0xff, 0x22, 0x0a]);
    const twice = Buffer.from(toLines([item()]).replace('{', '{"idempotencyKey":"other",'));
    const tooLong = Buffer.from(toLines([item({ description: 'x'.repeat(limits.bulkLineBytesMax) })]));
    const results = resultsOf(
      await sendInPieces(fixture.url, [sound, broken, noText, twice, tooLong, sound]),
    );
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([
      [201, undefined],
      [400, 'body-must-be-json'],
      [400, 'body-must-be-json'],
      [400, 'body-must-be-json'],
      [413, 'body-must-be-smaller'],
      [201, undefined],
    ]);
    expect(results[3]?.problem).toMatchObject({ pointer: '/idempotencyKey' });
    expect(results[5]?.replayed).toBe(true);
  });

  it('are answered while the rest is still on its way', async () => {
    const conversation = converse(fixture.url);
    conversation.write(toLines([item()]));
    expect(await conversation.line()).toMatchObject({ index: 0, status: 201 });
    conversation.write(toLines([item()]));
    expect(await conversation.line()).toMatchObject({ index: 1, status: 201 });
    conversation.end();
    expect(await conversation.line()).toBeNull();
  });

  it('after the last that is allowed are not carried out', async () => {
    const items = Array.from({ length: limits.bulkCommandsMax + 5 }, () => item({ amount: '1' }));
    const results = resultsOf(await sendLines(fixture.url, toLines(items)));
    expect(results).toHaveLength(limits.bulkCommandsMax + 1);
    expect(results.at(-1)).toMatchObject({
      index: limits.bulkCommandsMax,
      status: 413,
      problem: { code: 'body-must-be-smaller' },
    });
    const [last] = resultsOf(await sendArray(fixture.url, [items.at(-1)]));
    expect(last).toMatchObject({ status: 201, replayed: false });
  });

  it('beyond what a stream may hold are not read', async () => {
    const blank = Buffer.alloc(64 * 1024, ' \n');
    const pieces = Array.from({ length: limits.bulkStreamBytesMax / blank.length }, () => blank);
    const results = resultsOf(
      await sendInPieces(fixture.url, [
        Buffer.from(toLines([item()])),
        ...pieces,
        Buffer.from(toLines([item()])),
      ]),
    );
    expect(results).toMatchObject([{ status: 201 }, { index: 1, status: 413 }]);
    expect(results).toHaveLength(2);
  });

  it('of a client that went away are carried out as far as they came', async () => {
    const whole = item();
    const conversation = converse(fixture.url);
    conversation.write(`${toLines([whole])}{"idempotencyKey":"half`);
    expect(await conversation.line()).toMatchObject({ status: 201 });
    conversation.cut();
    const [again] = resultsOf(await sendArray(fixture.url, [whole]));
    expect(again).toMatchObject({ status: 201, replayed: true });
  });
});
