import { describe, expect, it } from '@jest/globals';
import { AppLogger } from './logger.js';

function logged(
  act: (logger: AppLogger) => void,
  level: 'info' | 'debug' = 'info',
): Record<string, unknown>[] {
  const lines: string[] = [];
  act(new AppLogger(level, { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line, with time, level and message', () => {
    const [line] = logged((logger) => logger.write('warn', { requestId: 'r' }, 'Beware.'));
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level: 'warn',
      requestId: 'r',
      msg: 'Beware.',
    });
  });

  it('never holds what proves an identity or replays a command', () => {
    const secrets = {
      authorization: 'canary',
      cookie: 'canary',
      'idempotency-key': 'canary',
      accept: 'plain',
    };
    const lines = logged((logger) => {
      logger.write('info', secrets, 'a');
      logger.write('info', { headers: secrets }, 'b');
      logger.write('info', { req: { headers: secrets } }, 'c');
    });
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(JSON.stringify(lines).split('plain')).toHaveLength(4);
  });

  it("tells Nest's own small talk only when asked", () => {
    const talk = (logger: AppLogger): void => {
      logger.log('Mapped {/, GET} route', 'RouterExplorer');
      logger.log('Finished a transaction.', 'Settler');
    };
    expect(logged(talk)).toEqual([
      expect.objectContaining({ msg: 'Finished a transaction.', context: 'Settler' }),
    ]);
    expect(logged(talk, 'debug')).toHaveLength(2);
  });

  it('writes errors with their stack', () => {
    const [line] = logged((logger) => logger.error(new Error('broken'), 'Somewhere'));
    expect(line).toMatchObject({
      level: 'error',
      msg: 'broken',
      context: 'Somewhere',
      err: { message: 'broken' },
    });
  });
});
