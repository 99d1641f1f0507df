-- The role that Lifeguard signs in with on the server of a pool (`pools[].database_url`), and nothing more than it needs.
--
--   psql -X -v ON_ERROR_STOP=1 -f lifeguard-role.sql 'postgres://…/catalytic_db'     as a superuser, in the pool's database
--   \password lifeguard                                                              in psql; the file holds no secret
--
-- It can be run again, in every database that is a pool of its own. `lifeguard check` then says what is missing, and
-- what the role may do beyond this. PostgreSQL 10 and newer.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'lifeguard') then
    -- One connection is held a replica, a second while the first is under suspicion, and `lifeguard check` opens two.
    create role lifeguard login connection limit 10;
  end if;

  execute format('grant connect on database %I to lifeguard', current_database());

  -- To see whose session runs what: pg_stat_activity, pg_stat_statements, settings. It reads no table of yours.
  grant pg_monitor to lifeguard;
  -- To end a session or cancel a query, never a superuser's.
  grant pg_signal_backend to lifeguard;
  -- To get in when all ordinary slots are taken; needs `reserved_connections` above 0.
  if current_setting('server_version_num')::int >= 160000 then
    grant pg_use_reserved_connections to lifeguard;
  end if;
end
$$;

-- Whoever else gets hold of the password starts from these. Lifeguard gives each session of its own shorter limits,
-- statement_timeout = 2s among them. Set no statement_timeout, idle_in_transaction_session_timeout or
-- idle_session_timeout for this role: it reads from its own sessions what the server gives to everybody's.
alter role lifeguard set default_transaction_read_only = on;
alter role lifeguard set search_path = pg_catalog;
alter role lifeguard set lock_timeout = '5s';

-- Only where people shall set timeouts of the application's role (`/pool timeout`):
--
--   alter role lifeguard createrole;
--   grant "the application's role" to lifeguard with admin true, inherit false, set false;   -- from PostgreSQL 16 on
--
-- Only where a step of your own runbook reads a table:
--
--   grant usage on schema shop to lifeguard;
--   grant select on shop.jobs to lifeguard;
