import type { Migration } from '../../src/edges/postgres/migrate.js';

export const integrityMigration = {
  number: 12,
  name: 'integrity report',
  sql: `
create table ledger.integrity_report (
  only_row boolean primary key default true check (only_row),
  written_at timestamptz not null,
  report jsonb not null
);
comment on table ledger.integrity_report is 'What the checker last found, for the processes that answer queries: one row.';
comment on column ledger.integrity_report.only_row is 'Always true: there is one row.';
comment on column ledger.integrity_report.written_at is 'When the checker wrote it, by the database''s clock.';
comment on column ledger.integrity_report.report is 'Figures alone: positions as digits, counts, differences in minor units as digits.';
`,
} as const satisfies Migration;
