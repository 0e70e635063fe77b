import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { admitAnalysts, ANALYST_ROLE } from '../../projections/analysts/analyst-role.js';
import { ANALYST_SCHEMA } from '../../projections/analysts/analysts.table.js';
import { MIGRATIONS } from '../../projections/index.js';
import { migrate } from '../../src/edges/postgres/migrate.js';
import { Postgres } from '../../src/edges/postgres/postgres.js';
import type { Sql } from '../../src/edges/postgres/sql.js';
import { startEmbeddedPostgres } from '../../src/embedded/postgres/embedded-postgres.js';

interface Column {
  readonly view: string;
  readonly about: string;
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

/** The page about the analysts' schema, as a fresh database tells it: its views, their columns, and the comments on them. */
export async function sqlPage(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-reference-'));
  const server = await startEmbeddedPostgres({
    dataDirectory: path.join(directory, 'postgres'),
    port: 0,
    log: { info: () => undefined, warn: () => undefined },
  });
  const postgres = new Postgres({ databaseUrl: server.databaseUrl, applicationName: 'evenkeel' });
  try {
    await migrate(postgres, MIGRATIONS);
    await admitAnalysts(postgres);
    return describe(await readColumns(postgres));
  } finally {
    await postgres.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the analysts' role may read, nothing else. */
async function readColumns(sql: Sql): Promise<readonly Column[]> {
  const { rows } = await sql.query<Column>(
    `select c.relname as view, obj_description(c.oid, 'pg_class') as about, a.attname as name,
            format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as meaning
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = $1::regnamespace and has_table_privilege($2, c.oid, 'select')
      order by c.oid, a.attnum`,
    [ANALYST_SCHEMA, ANALYST_ROLE],
  );
  return rows;
}

function describe(columns: readonly Column[]): string {
  const views = groupByView(columns);
  const sections = [...views].map(([view, its]) =>
    [
      `## \`${view}\``,
      '',
      its[0]?.about ?? '',
      '',
      '| column | type | meaning |',
      '| --- | --- | --- |',
      ...its.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`),
    ].join('\n'),
  );
  return `# SQL for analysts

The schema \`${ANALYST_SCHEMA}\` shows the ledger to whoever asks in SQL: read-only views over the read models, of all companies. The role
\`${ANALYST_ROLE}\` may read them and nothing else; [queries](../guides/queries.md) tells how to become a member of it and asks ten
questions. Views only ever gain columns. They stay what they are while read models are
[rebuilt](../operating/when-things-fail.md#rebuild-the-read-models).

Generated from the comments in the database; a test fails when the two differ.

${sections.join('\n\n')}
`;
}

function groupByView(columns: readonly Column[]): ReadonlyMap<string, readonly Column[]> {
  const views = new Map<string, Column[]>();
  for (const column of columns) views.set(column.view, [...(views.get(column.view) ?? []), column]);
  return views;
}
