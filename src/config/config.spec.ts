import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { configTable, describeConfig, InvalidConfiguration, isLoopback, loadConfig } from './config.js';
import { SETTINGS } from './settings.js';

function sentencesFor(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.sentences;
    throw error;
  }
}

describe('the configuration', () => {
  it('needs no variable at all', () => {
    expect(loadConfig({ PATH: '/usr/bin' })).toEqual({
      host: '127.0.0.1',
      port: 3000,
      authMode: 'none',
      roles: ['api', 'settler', 'projector', 'checker'],
      dataDirectory: path.resolve('data'),
      eventStoreUrl: null,
      embeddedEventStorePort: 2113,
      databaseUrl: null,
      embeddedPostgresPort: 5442,
      kafkaBrokers: null,
      activityDedupHorizonSeconds: 172_800,
      activityLatenessSeconds: 86_400,
      logLevel: 'info',
    });
  });

  it('is frozen through and through', () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.roles)).toBe(true);
  });

  it('counts an empty variable as not set', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 3000, databaseUrl: null });
  });

  it('tells everything that is wrong at once, each as a sentence', () => {
    expect(
      sentencesFor({ PORT: '70000', ROLES: 'api,relay', LOG_LEVEL: 'loud', EVENKEEL_PORT: '1' }),
    ).toEqual([
      'PORT must be a port number from 0 to 65535, not "70000".',
      'ROLES must be one of api, settler, projector, checker, separated by commas, not "api,relay".',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, not "loud".',
      'EVENKEEL_PORT is not a setting: the setting is called PORT.',
    ]);
  });

  it.each([
    ['PORT', '3000.5'],
    ['PORT', '-1'],
    ['PORT', '0x10'],
    ['HOST', 'no host'],
    ['HOST', 'http://localhost'],
    ['AUTH_MODE', 'jwt'],
    ['EVENTSTORE_URL', 'http://localhost:2113'],
    ['DATABASE_URL', 'mysql://localhost'],
    ['KAFKA_BROKERS', 'localhost'],
    ['ROLES', 'api,,projector'],
    ['ACTIVITY_DEDUP_HORIZON_SECONDS', '2d'],
    ['ACTIVITY_DEDUP_HORIZON_SECONDS', '2678401'],
    ['ACTIVITY_LATENESS_SECONDS', '0'],
    ['ACTIVITY_LATENESS_SECONDS', '1.5'],
    ['EVENKEEL_ANYTHING', 'x'],
  ])('refuses %s=%s', (variable, value) => {
    expect(sentencesFor({ [variable]: value })).toHaveLength(1);
    expect(sentencesFor({ [variable]: value })[0]).toMatch(new RegExp(`^${variable} .*\\.$`));
  });

  it('refuses a lateness that would let an activity be counted again once its id is forgotten', () => {
    const env = (lateness: string) => ({
      ACTIVITY_DEDUP_HORIZON_SECONDS: '3600',
      ACTIVITY_LATENESS_SECONDS: lateness,
    });
    expect(sentencesFor(env('3480'))).toEqual([]);
    for (const lateness of ['3481', '3600', '7200']) {
      expect(sentencesFor(env(lateness))).toEqual([
        `ACTIVITY_LATENESS_SECONDS must be at least 120 less than ACTIVITY_DEDUP_HORIZON_SECONDS, so that nothing is counted twice: lower it from ${lateness}, or raise the other from 3600.`,
      ]);
    }
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'ledger.example.com', '127.evil.example'])(
    'refuses to be open to the network without authentication: HOST=%s',
    (host) => {
      expect(sentencesFor({ HOST: host })).toEqual([
        `AUTH_MODE=none is allowed only on a loopback address: set HOST to 127.0.0.1, ::1 or localhost instead of "${host}".`,
      ]);
    },
  );

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('takes %s for loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(loadConfig({ HOST: host }).host).toBe(host);
  });

  it('never prints a secret, neither in the description nor in a complaint', () => {
    const env = {
      DATABASE_URL: 'postgresql://ledger:hunter2@db.example.com/evenkeel',
      EVENTSTORE_URL: 'esdb://admin:changeit@store.example.com:2113',
    };
    expect(describeConfig(loadConfig(env))).not.toMatch(/hunter2|changeit/);
    expect(describeConfig(loadConfig(env))).toContain('DATABASE_URL=(set, not shown)');
    expect(sentencesFor({ DATABASE_URL: 'redis://:hunter2@db' }).join()).not.toContain('hunter2');
  });

  it('lists every setting once in its table', () => {
    const table = configTable();
    for (const setting of Object.values(SETTINGS)) {
      expect(table.split(`| \`${setting.variable}\` |`)).toHaveLength(2);
    }
  });
});
