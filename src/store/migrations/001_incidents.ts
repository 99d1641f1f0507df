import type { MigrationBuilder } from 'node-pg-migrate';

/** Incidents, their events and the effects that follow from them. */
export function up(pgm: MigrationBuilder): void {
  pgm.sql(`
    create sequence incident_number;

    create table incidents (
      id          text        primary key,
      key         text        not null,
      kind        text        not null check (kind in ('incident', 'request')),
      status      text        not null check (status in ('open', 'resolved')),
      pool        text,
      seq         integer     not null,
      state       jsonb       not null,
      opened_at   timestamptz not null,
      resolved_at timestamptz
    );
    create unique index incidents_one_open on incidents (key) where status = 'open' and kind = 'incident';
    create index incidents_latest on incidents (key, opened_at desc);
    create index incidents_open   on incidents (opened_at) where status = 'open';

    create table events (
      incident text        not null references incidents (id),
      seq      integer     not null,
      type     text        not null,
      at       timestamptz not null,
      data     jsonb       not null,
      primary key (incident, seq)
    );

    create function events_are_facts() returns trigger language plpgsql as $$
    begin
      raise exception 'events are append-only: % on % is refused', tg_op, tg_table_name
        using errcode = 'restrict_violation';
    end
    $$;
    create trigger events_row_append_only before update or delete on events
      for each row execute function events_are_facts();
    create trigger events_table_append_only before truncate on events
      for each statement execute function events_are_facts();

    create table effects (
      id            text        primary key,
      n             bigint      generated always as identity,
      incident      text        not null references incidents (id),
      kind          text        not null,
      lane          text,
      payload       jsonb       not null,
      due           timestamptz not null,
      status        text        not null default 'owed' check (status in ('owed', 'done', 'dead')),
      attempts      integer     not null default 0,
      claimed_by    text,
      claimed_until timestamptz,
      error         text,
      created_at    timestamptz not null,
      finished_at   timestamptz
    );
    create index effects_owed_by_due  on effects (due)     where status = 'owed';
    create index effects_owed_by_lane on effects (lane, n) where status = 'owed';
    create index effects_of_incident  on effects (incident);
    create index effects_dead         on effects (incident) where status = 'dead';

    create table messages (
      incident text not null references incidents (id),
      slot     text not null,
      channel  text not null,
      ts       text not null,
      digest   text not null,
      primary key (incident, slot)
    );
  `);
}

/** The first schema has nothing to go back to. */
export const down = false;
