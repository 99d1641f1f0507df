import type { MigrationBuilder } from 'node-pg-migrate';

/** Early warnings are kept beside the incidents, one open at a time for each pool. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    alter table incidents drop constraint incidents_kind_check;
    alter table incidents add constraint incidents_kind_check check (kind in ('incident', 'request', 'warning'));
    create unique index incidents_one_warning on incidents (key) where status = 'open' and kind = 'warning';
  `);
}

export const down = false;
