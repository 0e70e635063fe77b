import { isIPv4 } from 'node:net';
import type { Result } from '../kernel/result.js';
import { ACTIVITY_CLOCK_ROOM_SECONDS, SETTINGS, type Setting } from './settings.js';

type Settings = typeof SETTINGS;
type ValueOf<Parse> = Parse extends (text: string) => Result<infer Value, string> ? Value : never;

/** The configuration of one process: validated, complete, deeply frozen. A setting without default is null when not set. */
export type AppConfig = {
  readonly [Name in keyof Settings]:
    ValueOf<Settings[Name]['parse']> | (Settings[Name]['default'] extends null ? null : never);
};

/** The environment can't be used. `sentences` holds everything that is wrong, not only the first thing. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

const PREFIX = 'EVENKEEL_';

/**
 * Reads the environment into the configuration object. An empty variable counts as not set.
 *
 * @throws InvalidConfiguration naming every setting that is wrong; no value of a secret setting is repeated
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): AppConfig {
  const sentences: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const text = env[setting.variable]?.trim() || setting.default;
    if (text === null) {
      values[name] = null;
      continue;
    }
    const parsed: Result<unknown, string> = setting.parse(text);
    if (parsed.ok) values[name] = parsed.value;
    else sentences.push(`${setting.variable} ${parsed.refusal}${setting.secret ? '' : `, not "${text}"`}.`);
  }
  for (const variable of Object.keys(env)) {
    if (variable.startsWith(PREFIX)) sentences.push(unknownVariable(variable));
  }
  const config = deepFreeze(values) as AppConfig;
  // The API is open to whoever reaches it until callers are authenticated, so only this machine may reach it.
  if (sentences.length === 0 && config.authMode === 'none' && !isLoopback(config.host)) {
    sentences.push(
      `AUTH_MODE=none is allowed only on a loopback address: set HOST to 127.0.0.1, ::1 or localhost instead of "${config.host}".`,
    );
  }
  if (sentences.length === 0) {
    const { activityDedupHorizonSeconds: horizon, activityLatenessSeconds: lateness } = config;
    if (lateness + ACTIVITY_CLOCK_ROOM_SECONDS > horizon) {
      sentences.push(
        `ACTIVITY_LATENESS_SECONDS must be at least ${ACTIVITY_CLOCK_ROOM_SECONDS} less than ACTIVITY_DEDUP_HORIZON_SECONDS, so that nothing is counted twice: lower it from ${lateness}, or raise the other from ${horizon}.`,
      );
    }
  }
  if (sentences.length > 0) throw new InvalidConfiguration(sentences);
  return config;
}

/**
 * The configuration as text, one `VARIABLE=value` a line, without anything secret.
 */
export function describeConfig(config: AppConfig): string {
  return Object.entries(SETTINGS)
    .map(([name, setting]: [string, Setting<unknown>]) => {
      const value = config[name as keyof AppConfig];
      return `${setting.variable}=${value === null ? '' : setting.secret ? '(set, not shown)' : value.toString()}`;
    })
    .join('\n');
}

/** The settings as a Markdown table: the reference in the README. */
export function configTable(): string {
  const rows = Object.values(SETTINGS).map((setting: Setting<unknown>) => {
    const preset = setting.default === null ? 'not set' : `\`${setting.default}\``;
    return `| \`${setting.variable}\` | ${preset} | ${setting.kind} | ${setting.doc} |`;
  });
  return ['| setting | default | value | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function unknownVariable(variable: string): string {
  const meant = variable.slice(PREFIX.length);
  const isSetting = Object.values(SETTINGS).some((setting) => setting.variable === meant);
  return `${variable} is not a setting: ${isSetting ? `the setting is called ${meant}` : 'remove it, or see the table of settings in the README'}.`;
}

function deepFreeze<Value>(value: Value): Readonly<Value> {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
