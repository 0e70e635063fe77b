import { configTable, type AppConfig } from '../config/config.js';
import type { RunningApp } from './start-app.js';

/** What an operator sees once everything runs: what runs where, and what to try next. */
export function banner(app: RunningApp, config: AppConfig): string {
  const lines = [
    '',
    `Evenkeel ${app.away.eventStore ? 'waits for its event store' : 'is ready'}: ${app.url} (${config.roles.join(', ')})`,
    `  event store  ${app.places.eventStore}${app.away.eventStore ? ' (not reachable yet: commands are answered 503)' : ''}`,
    `  PostgreSQL   ${app.places.postgres}${app.away.postgres ? ' (not reachable yet: reads are degraded, commands work)' : ''}`,
    `  Kafka relay  off${config.kafkaBrokers === null ? '' : ': KAFKA_BROKERS is set, but this version has no relay'}`,
    '',
  ];
  if (config.roles.includes('api')) {
    lines.push(
      `Docs: ${app.url}/docs   Health: ${app.url}/readyz`,
      'Open an account:',
      `  curl -sS ${app.url}/v1/accounts -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" \\`,
      `    -d '{"name":"Cash","type":"asset","currency":"USD"}'`,
      '',
    );
  }
  lines.push('Stop with Ctrl-C.', '');
  return lines.join('\n');
}

/** What `--help` prints. */
export function usage(): string {
  return `Evenkeel: an event-sourced double-entry ledger.

  npm start                      starts the roles that ROLES names
  npm start -- --print-config    prints the configuration, without secrets

Settings come from the environment:

${configTable()}
`;
}
