import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { linesOf } from './list-body.js';

const SMALL = { lineBytesMax: 8, bytesMax: 1_000 };

/** What a stream of these pieces is cut into; a line as its text. */
async function cut(pieces: readonly Buffer[], limits = SMALL): Promise<string[]> {
  const lines: string[] = [];
  const filled = pieces.filter(({ length }) => length > 0);
  for await (const line of linesOf(Readable.from(filled, { objectMode: false }), limits)) {
    lines.push(line.kind === 'line' ? line.bytes.toString() : line.kind);
  }
  return lines;
}

function inPieces(text: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const cuts = [0, ...at.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
}

describe('a stream of lines', () => {
  it('is cut at its line ends, wherever it was cut on its way', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'ß', '{', '\n', '\r\n', ' ', '\n\n'),
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 12 }), async (sent, at) => {
        const expected = sent
          .split('\n')
          .filter((line) => !/^[ \t\r]*$/.test(line))
          .map((line) => (Buffer.byteLength(line) > SMALL.lineBytesMax ? 'too-long' : line));
        expect(await cut(inPieces(sent, at))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['nothing', '', []],
    ['blank lines only', '\n \r\n\t\n', []],
    ['one line without an end', '1', ['1']],
    [
      'a line as long as a line may be, and one longer',
      '12345678\n123456789\n1',
      ['12345678', 'too-long', '1'],
    ],
  ])('may be %s', async (_, sent, expected) => {
    expect(await cut([Buffer.from(sent)])).toEqual(expected);
  });

  it('ends where it is longer than a stream may be', async () => {
    const lines = Array.from({ length: 600 }, () => Buffer.from('1\n'));
    const read = await cut(lines, { lineBytesMax: 8, bytesMax: 100 });
    expect([read.length, read.at(-1)]).toEqual([51, 'too-much']);
  });

  it('is left open by a reader that stops early: its connection carries the answer', async () => {
    const stream = Readable.from([Buffer.from('1\n2\n'), Buffer.from('3\n')], { objectMode: false });
    for await (const line of linesOf(stream, SMALL)) {
      expect(line.kind).toBe('line');
      break;
    }
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });
});
