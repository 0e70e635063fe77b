import type { Sql } from '../../../src/edges/postgres/sql.js';
import { assert } from '../../../src/kernel/assert.js';
import { LEDGER_SCHEMA, type Projection } from '../projection.js';

/** The schema a projection's fresh tables are filled in, beside the live ones. */
export function shadowSchemaOf({ name }: Projection): string {
  return `ledger_rebuild_${name}`;
}

/** Where the old tables are for the time of the swap. */
function replacedSchemaOf({ name }: Projection): string {
  return `ledger_replaced_${name}`;
}

/**
 * Makes an empty set of a projection's tables in a schema of its own, like the live ones in columns, constraints, indexes
 * (of the same names), storage and comments, and an empty table of checkpoints with them. What an earlier rebuild left
 * is thrown away.
 *
 * @param sql inside a transaction
 */
export async function createShadow(sql: Sql, projection: Projection): Promise<void> {
  const schema = shadowSchemaOf(projection);
  await sql.query(`drop schema if exists ${schema} cascade`);
  await sql.query(`create schema ${schema}`);
  await sql.query(
    `comment on schema ${schema} is 'Tables of ${projection.name} while they are being rebuilt; may be dropped when no rebuild runs.'`,
  );
  await sql.query(
    `create table ${schema}.projection_checkpoints (like ${LEDGER_SCHEMA}.projection_checkpoints including all)`,
  );
  for (const table of projection.tables) await createLike(sql, schema, table);
}

/** Throws the fresh tables away. */
export async function dropShadow(sql: Sql, projection: Projection): Promise<void> {
  await sql.query(`drop schema if exists ${shadowSchemaOf(projection)} cascade`);
}

async function createLike(sql: Sql, schema: string, table: string): Promise<void> {
  const { rows } = await sql.query<{
    kind: string;
    options: string[] | null;
    comment: string | null;
    partitionedBy: string | null;
  }>(
    `select relkind::text as kind, reloptions as options, obj_description(oid, 'pg_class') as comment,
            pg_get_partkeydef(oid) as "partitionedBy"
       from pg_class where oid = $1::regclass`,
    [`${LEDGER_SCHEMA}.${table}`],
  );
  const [live] = rows;
  assert(live?.kind === 'r' || live?.kind === 'p', `${table} is a table: nothing else is rebuilt.`);
  const copy = `${schema}.${table}`;
  const partitioned = live.partitionedBy === null ? '' : ` partition by ${live.partitionedBy}`;
  // Indexes follow one by one: copied along they would get new names, which later migrations do not know.
  await sql.query(
    `create table ${copy} (like ${LEDGER_SCHEMA}.${table} including all excluding indexes)${partitioned}`,
  );
  if (live.options !== null) await sql.query(`alter table ${copy} set (${live.options.join(', ')})`);
  if (live.comment !== null) {
    await sql.query(`comment on table ${copy} is '${live.comment.replaceAll("'", "''")}'`);
  }
  for (const statement of await indexStatements(sql, schema, table)) await sql.query(statement);
  if (live.kind === 'p') await createPartitions(sql, schema, table);
}

/** Makes the same partitions, and theirs. */
async function createPartitions(sql: Sql, schema: string, table: string): Promise<void> {
  // The live projector neither adds nor drops one meanwhile.
  await sql.query(`lock table ${LEDGER_SCHEMA}.${table} in share update exclusive mode`);
  const { rows } = await sql.query<{ name: string; bound: string }>(
    `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
       from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by c.oid`,
    [`${LEDGER_SCHEMA}.${table}`],
  );
  for (const { name, bound } of rows) {
    await createLike(sql, schema, name);
    await sql.query(`alter table ${schema}.${table} attach partition ${schema}.${name} ${bound}`);
  }
}

async function indexStatements(sql: Sql, schema: string, table: string): Promise<string[]> {
  const { rows } = await sql.query<{ statement: string }>(
    `select case when c.oid is not null
              then format('alter table %I.%I add constraint %I %s', $2::text, $3::text, c.conname, pg_get_constraintdef(c.oid))
              else replace(pg_get_indexdef(i.indexrelid), format(' ON %I.%I USING ', $4::text, $3::text),
                           format(' ON %I.%I USING ', $2::text, $3::text)) end as statement
       from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x')
      where i.indrelid = $1::regclass order by i.indexrelid`,
    [`${LEDGER_SCHEMA}.${table}`, schema, table, LEDGER_SCHEMA],
  );
  return rows.map(({ statement }) => statement);
}

/**
 * Puts the fresh tables in the place of the live ones, and drops those. Views on the live tables then show the fresh ones:
 * they stay what they are, with their privileges and what depends on them.
 *
 * @param sql inside the transaction that also writes the checkpoint
 * @throws the driver's error when something else depends on a live table
 */
export async function swapTables(sql: Sql, projection: Projection): Promise<void> {
  const shadow = shadowSchemaOf(projection);
  const replaced = replacedSchemaOf(projection);
  const views = await viewStatements(sql, projection);
  await sql.query(`create schema ${replaced}`);
  for (const table of projection.tables) {
    const [old, fresh] = [
      await withPartitions(sql, LEDGER_SCHEMA, table),
      await withPartitions(sql, shadow, table),
    ];
    for (const name of old) await sql.query(`alter table ${LEDGER_SCHEMA}.${name} set schema ${replaced}`);
    for (const name of fresh) await sql.query(`alter table ${shadow}.${name} set schema ${LEDGER_SCHEMA}`);
  }
  for (const statement of views) await sql.query(statement);
  for (const table of projection.tables) await sql.query(`drop table ${replaced}.${table}`);
  await sql.query(`drop schema ${replaced}`);
}

/** A table and, when it is partitioned, all below it: each has a schema of its own. */
async function withPartitions(sql: Sql, schema: string, table: string): Promise<readonly string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select c.relname as name from pg_partition_tree($1::regclass) tree join pg_class c on c.oid = tree.relid
      order by tree.level, c.oid`,
    [`${schema}.${table}`],
  );
  return rows.length === 0 ? [table] : rows.map(({ name }) => name);
}

/** What makes each view on the live tables anew, bound by name to whatever then has the tables' names. */
async function viewStatements(sql: Sql, { tables }: Projection): Promise<string[]> {
  // With nothing on the search path every name in a view's text is qualified.
  await sql.query('set local search_path = pg_catalog');
  const { rows } = await sql.query<{ statement: string }>(
    `select format('create or replace view %I.%I %s as %s', n.nspname, v.relname,
                   case when v.reloptions is null then '' else 'with (' || array_to_string(v.reloptions, ', ') || ')' end,
                   pg_get_viewdef(v.oid)) as statement
       from pg_class v join pg_namespace n on n.oid = v.relnamespace
      where v.relkind = 'v'
        and exists (select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                     where r.ev_class = v.oid and d.refclassid = 'pg_class'::regclass
                       and d.refobjid = any ($1::text[]::regclass[]))
      order by v.oid`,
    [tables.map((table) => `${LEDGER_SCHEMA}.${table}`)],
  );
  return rows.map(({ statement }) => statement);
}
