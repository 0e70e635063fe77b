import { beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import { isLoopback, loadConfig } from '../../src/config/config.js';
import { SETTINGS } from '../../src/config/settings.js';
import { readRoot } from './files.js';

interface Service {
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly timeout: string;
    readonly retries: number;
  };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly network_mode?: string;
  readonly read_only?: boolean;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('docker-compose.yml', () => {
  let compose: Compose;
  let app: Service;

  beforeAll(async () => {
    compose = load(await readRoot('docker-compose.yml')) as Compose;
    app = compose.services['app'] ?? {};
  });

  it('runs the three stores, and the application only when asked', () => {
    expect(Object.keys(compose.services)).toEqual(['eventstore', 'postgres', 'kafka', 'app']);
    const always = Object.entries(compose.services).filter(([, { profiles }]) => profiles === undefined);
    expect(always.map(([name]) => name)).toEqual(['eventstore', 'postgres', 'kafka']);
  });

  it('publishes every port on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports).toHaveLength(3);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  it('watches the health of every service, with commands made of plain words', () => {
    for (const [name, { healthcheck }] of Object.entries(compose.services)) {
      expect({ name, test: healthcheck?.test.map((word) => typeof word) }).toEqual({
        name,
        test: healthcheck?.test.map(() => 'string'),
      });
      expect(healthcheck?.test.length).toBeGreaterThan(1);
      expect(healthcheck).toMatchObject({
        timeout: expect.stringMatching(/^\d+s$/),
        retries: expect.any(Number),
      });
    }
  });

  it('keeps data in named volumes that it declares', () => {
    const used = Object.values(compose.services)
      .flatMap((service) => service.volumes ?? [])
      .map((volume) => volume.split(':')[0]);
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives the application settings that it knows and accepts', () => {
    const known = new Set<string>(Object.values(SETTINGS).map((setting) => setting.variable));
    const given = Object.keys(app.environment ?? {});
    expect(given.filter((variable) => !known.has(variable))).toEqual([]);
    expect(given).toEqual(expect.arrayContaining(['EVENTSTORE_URL', 'DATABASE_URL', 'KAFKA_BROKERS']));
    expect(isLoopback(loadConfig(app.environment ?? {}).host)).toBe(true);
  });

  it('starts the application after the stores are healthy, on the loopback it can be reached on', () => {
    expect(Object.keys(app.depends_on ?? {}).sort()).toEqual(['eventstore', 'kafka', 'postgres']);
    for (const { condition } of Object.values(app.depends_on ?? {}))
      expect(condition).toBe('service_healthy');
    expect(app.network_mode).toBe('host');
    expect(app.read_only).toBe(true);
  });
});
