import { isIP } from 'node:net';
import path from 'node:path';
import { refused, success, type Result } from '../kernel/result.js';
import { limits } from './limits.js';

/** One environment variable: everything there is to know about it, so that code, messages and reference can't differ. */
export interface Setting<Value> {
  readonly variable: string;
  /** What the value may be, for a reader. */
  readonly kind: string;
  /** The text used when the variable is not set; null for "not set". */
  readonly default: string | null;
  readonly doc: string;
  /** True when the value may hold credentials: it is never printed. */
  readonly secret: boolean;
  /** Reads the text, or says what is wrong with it: the rest of a sentence that begins with the variable's name. */
  readonly parse: (text: string) => Result<Value, string>;
}

/** What a process of the ledger can do. */
export const ROLES = ['api', 'settler', 'projector', 'checker'] as const;
export type Role = (typeof ROLES)[number];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * How much longer ids are remembered than activities may be late, at least: what is repeated after its id was forgotten is late then,
 * although it may have occurred ahead of the clock when it was counted first, and clocks differ.
 */
export const ACTIVITY_CLOCK_ROOM_SECONDS = (2 * limits.activityAheadMsMax) / 1000;

/** Every setting, by its name in the configuration object. The README's table is made from this. */
export const SETTINGS = {
  host: {
    variable: 'HOST',
    kind: 'host name or address',
    default: '127.0.0.1',
    doc: 'Address the HTTP API listens on. Anything but loopback needs authentication.',
    secret: false,
    parse: (text): Result<string, string> =>
      isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(text)
        ? success(text)
        : refused('must be a host name or an IP address'),
  },
  port: {
    variable: 'PORT',
    kind: 'port',
    default: '3000',
    doc: 'Port of the HTTP API; 0 lets the system choose.',
    secret: false,
    parse: port,
  },
  authMode: {
    variable: 'AUTH_MODE',
    kind: 'none',
    default: 'none',
    doc: 'How callers are known. `none`: the company is the Ledger-Company header; allowed on loopback only.',
    secret: false,
    parse: oneOf(['none'] as const),
  },
  roles: {
    variable: 'ROLES',
    kind: `comma-separated list of ${ROLES.join(', ')}`,
    default: ROLES.join(','),
    doc: 'What this process does: `api` answers HTTP, `settler` finishes what a crash left, `projector` fills the read models, `checker` re-derives every balance in the background.',
    secret: false,
    parse: (text) => listOf(oneOf(ROLES))(text),
  },
  dataDirectory: {
    variable: 'DATA_DIRECTORY',
    kind: 'path',
    default: './data',
    doc: 'Where the embedded event store and the embedded PostgreSQL keep their files.',
    secret: false,
    parse: (text): Result<string, string> => success(path.resolve(text)),
  },
  eventStoreUrl: {
    variable: 'EVENTSTORE_URL',
    kind: 'connection string',
    default: null,
    doc: 'EventStoreDB to use, such as `esdb://host:2113?tls=true`. Not set: an embedded event store is started.',
    secret: true,
    parse: urlOf(['esdb:', 'esdb+discover:']),
  },
  embeddedEventStorePort: {
    variable: 'EMBEDDED_EVENTSTORE_PORT',
    kind: 'port',
    default: '2113',
    doc: 'Loopback port of the embedded event store; 0 lets the system choose.',
    secret: false,
    parse: port,
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    kind: 'connection string',
    default: null,
    doc: 'PostgreSQL to use, such as `postgresql://user:password@host:5432/evenkeel`. Not set: an embedded PostgreSQL is started.',
    secret: true,
    parse: urlOf(['postgres:', 'postgresql:']),
  },
  embeddedPostgresPort: {
    variable: 'EMBEDDED_POSTGRES_PORT',
    kind: 'port',
    default: '5442',
    doc: 'Loopback port of the embedded PostgreSQL; 0 lets the system choose.',
    secret: false,
    parse: port,
  },
  kafkaBrokers: {
    variable: 'KAFKA_BROKERS',
    kind: 'comma-separated list of host:port',
    default: null,
    doc: 'Accepted and announced as unused: this version has no Kafka relay.',
    secret: false,
    parse: (text) =>
      listOf((broker): Result<string, string> =>
        /^[^\s:/@]+:\d{1,5}$/.test(broker) ? success(broker) : refused('must be a list of host:port'),
      )(text),
  },
  activityDedupHorizonSeconds: {
    variable: 'ACTIVITY_DEDUP_HORIZON_SECONDS',
    kind: 'seconds',
    default: '172800',
    doc: `How long an activity that was counted is recognised by its id, by recorded time; at most 31 days. Needed by whatever fills or rebuilds the read models, the same everywhere; another value takes \`npm run rebuild -- counters\`.`,
    secret: false,
    parse: seconds,
  },
  activityLatenessSeconds: {
    variable: 'ACTIVITY_LATENESS_SECONDS',
    kind: 'seconds',
    default: '86400',
    doc: `An activity that is recorded later than this after it occurred is not counted; at least ${ACTIVITY_CLOCK_ROOM_SECONDS} less than the dedup horizon, and used with it.`,
    secret: false,
    parse: seconds,
  },
  logLevel: {
    variable: 'LOG_LEVEL',
    kind: LOG_LEVELS.join(', '),
    default: 'info',
    doc: 'The least severe log lines to write.',
    secret: false,
    parse: (text) => oneOf(LOG_LEVELS)(text),
  },
} as const satisfies Record<string, Setting<unknown>>;

function port(text: string): Result<number, string> {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return value <= 65_535 ? success(value) : refused('must be a port number from 0 to 65535');
}

function seconds(text: string): Result<number, string> {
  const most = limits.activityDedupSecondsMax;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= 1 && value <= most
    ? success(value)
    : refused(`must be a whole number of seconds from 1 to ${most}`);
}

function oneOf<const Value extends string>(values: readonly Value[]) {
  return (text: string): Result<Value, string> => {
    const found = values.find((value) => value === text);
    return found === undefined
      ? refused(values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`)
      : success(found);
  };
}

function listOf<Value>(parse: (text: string) => Result<Value, string>) {
  return (text: string): Result<readonly Value[], string> => {
    const values: Value[] = [];
    for (const part of text.split(',')) {
      const item = parse(part.trim());
      if (!item.ok) return refused(`${item.refusal}, separated by commas`);
      if (!values.includes(item.value)) values.push(item.value);
    }
    return success(values);
  };
}

function urlOf(protocols: readonly string[]) {
  return (text: string): Result<string, string> =>
    protocols.some((protocol) => text.startsWith(`${protocol}//`) && text.length > protocol.length + 2) &&
    !/\s/.test(text)
      ? success(text)
      : refused(`must be ${protocols.map((protocol) => `${protocol}//host`).join(' or ')}`);
}
