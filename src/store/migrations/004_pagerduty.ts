import type { MigrationBuilder } from 'node-pg-migrate';

/**
 * What is known of PagerDuty and of the way that alerts take: which page an incident of PagerDuty's is
 * of (a note there names nothing else), when Alertmanager's watchdog was last seen, and what somebody
 * was paged about that is no incident.
 */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    create table pagerduty_incidents (
      id       text        primary key,
      page_key text        not null,
      seen_at  timestamptz not null default clock_timestamp()
    );

    create table watchdog_sightings (
      name    text        primary key,
      seen_at timestamptz not null
    );

    create table alarms (
      part  text        primary key,
      since timestamptz not null
    );
  `);
}

export const down = false;
