import type { MigrationBuilder } from 'node-pg-migrate';

/** How full each pool was: one row a pool and moment, kept for a day. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    create table samples (
      pool                text        not null,
      at                  timestamptz not null,
      used                integer     not null,
      usable              integer     not null,
      active              integer     not null,
      idle                integer     not null,
      idle_in_transaction integer     not null,
      primary key (pool, at)
    );
    create index samples_by_age on samples (at);
  `);
}

/** Going back is not offered: samples are kept for a day only, and the table is in nobody's way. */
export const down = false;
