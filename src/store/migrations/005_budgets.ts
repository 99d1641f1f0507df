import type { MigrationBuilder } from 'node-pg-migrate';

/**
 * Slack's limits are kept by all replicas together: how much of each budget is spent, which effects wait
 * for one, and the storms of incidents that are told by one message.
 */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    create table slack_budgets (
      key         text             primary key,
      part_of     text,
      interval_ms double precision not null,
      burst       integer          not null,
      full_at     timestamptz      not null
    );

    alter table effects add column urgency   smallint not null default 2;
    alter table effects add column waits_for text;
    alter table effects add column granted   text;
    create index effects_waiting on effects (waits_for, urgency, n) where status = 'owed' and waits_for is not null;

    alter table incidents drop constraint incidents_kind_check;
    alter table incidents add constraint incidents_kind_check
      check (kind in ('incident', 'request', 'warning', 'storm'));
    create unique index incidents_one_storm on incidents (key) where status = 'open' and kind = 'storm';
  `);
}

export const down = false;
