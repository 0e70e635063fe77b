import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { admitAnalysts } from '../../projections/analysts/analyst-role.js';
import { Checker } from '../../projections/integrity/checker.js';
import type { ProjectionStatus } from '../../projections/runtime/projection.js';
import { ProjectionRunner } from '../../projections/runtime/projection-runner.js';
import { MIGRATIONS, projectionsOf } from '../../projections/index.js';
import type { AppConfig } from '../config/config.js';
import type { Role } from '../config/settings.js';
import { limits } from '../config/limits.js';
import type { EventStore } from '../edges/event-store/event-store.js';
import { migrate } from '../edges/postgres/migrate.js';
import { Postgres } from '../edges/postgres/postgres.js';
import { PostgresUnavailable } from '../edges/postgres/sqlstate.js';
import { startEmbeddedPostgres } from '../embedded/postgres/embedded-postgres.js';
import type { AppLogger } from '../observability/logger.js';
import type { Opened } from './event-log.js';

/**
 * Connects to the configured PostgreSQL, or starts the embedded one. A configured one need not be reachable.
 *
 * @throws Error one sentence: port taken, data directory in use, binaries missing
 */
export async function openReadDatabase(config: AppConfig, logger: AppLogger): Promise<Opened<Postgres>> {
  const open = (databaseUrl: string): Postgres => new Postgres({ databaseUrl, applicationName: 'evenkeel' });
  if (config.databaseUrl !== null) {
    const postgres = open(config.databaseUrl);
    return { part: postgres, place: 'DATABASE_URL', close: () => postgres.close() };
  }
  const dataDirectory = path.join(config.dataDirectory, 'postgres');
  const embedded = await startEmbeddedPostgres({
    dataDirectory,
    port: config.embeddedPostgresPort,
    log: logger,
  });
  const postgres = open(embedded.databaseUrl);
  return {
    part: postgres,
    place: `embedded, 127.0.0.1:${embedded.port}, ${dataDirectory}`,
    close: async () => {
      await postgres.close();
      await embedded.stop();
    },
  };
}

/** The read models of this process: their schema, and whoever fills them. Everything here may be away while commands go on. */
export class ReadSide {
  readonly runner: ProjectionRunner;
  /** Null in a process without that role. */
  readonly checker: Checker | null;
  private readonly stopping = new AbortController();
  private preparing: Promise<void> = Promise.resolve();
  private isPrepared = false;

  private readonly roles: readonly Role[];

  /** @param config its roles say whether this process fills the read models and checks them, or only answers from them */
  constructor(
    readonly postgres: Postgres,
    store: EventStore,
    private readonly logger: AppLogger,
    config: AppConfig,
  ) {
    this.roles = config.roles;
    const ports = { store, postgres, log: logger };
    this.runner = new ProjectionRunner(projectionsOf(config), ports);
    this.checker = this.roles.includes('checker') ? new Checker(ports) : null;
  }

  /**
   * Brings the schema up to date and starts the projections. While the database can't be reached, goes on trying in
   * the background.
   *
   * @returns whether it is done
   * @throws SchemaRefused when this version must not use the database
   */
  async prepare(): Promise<boolean> {
    try {
      await this.prepareOnce();
    } catch (error) {
      if (!(error instanceof PostgresUnavailable)) throw error;
      this.logger.write('warn', { err: error }, 'PostgreSQL is away: reads are degraded, commands work.');
      this.preparing = this.prepareLater();
    }
    return this.isPrepared;
  }

  /** What each projection is doing, in their order. */
  status(): readonly ProjectionStatus[] {
    return this.runner.status();
  }

  /** Whether the database answers and has its schema. Rejects or waits as the database does. */
  async isAvailable(): Promise<boolean> {
    await this.postgres.query('select 1');
    return this.isPrepared;
  }

  /** Ends the projections after the transactions in flight. The database stays open. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.preparing;
    await Promise.all([this.runner.stop(), this.checker?.stop()]);
  }

  private async prepareOnce(): Promise<void> {
    const applied = await migrate(this.postgres, MIGRATIONS);
    if (applied.length > 0) {
      this.logger.write('info', { migrations: applied }, 'The database schema was brought up to date.');
    }
    const missing = await admitAnalysts(this.postgres);
    if (missing !== null) this.logger.warn(missing);
    if (this.stopping.signal.aborted) return;
    this.isPrepared = true;
    if (this.roles.includes('projector')) this.runner.start();
    this.checker?.start();
  }

  private async prepareLater(): Promise<void> {
    while (!this.isPrepared && !this.stopping.signal.aborted) {
      await sleep(limits.readSideRetryMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      try {
        await this.prepareOnce();
        this.logger.info('PostgreSQL is back: reads are available.');
      } catch (error) {
        if (error instanceof PostgresUnavailable) continue;
        // The process serves commands all the same; readiness says that reads are degraded.
        this.logger.write(
          'error',
          { err: error },
          'The database can not be used: reads stay degraded until a restart.',
        );
        return;
      }
    }
  }
}
