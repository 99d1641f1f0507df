import pg from 'pg';
import { type Embedded, startEmbedded } from '../../store/embedded.ts';

/** Few enough to run out of in seconds. */
const MAX_CONNECTIONS = 30;

const SCHEMA = `
  create role catalytic_app  login password 'catalytic' noinherit;
  create role lifeguard_bot login password 'lifeguard';
  grant pg_monitor, pg_signal_backend to lifeguard_bot;
  create table stock (item integer primary key, name text not null, reserved integer not null default 0);
  insert into stock (item, name) select n, 'item ' || n from generate_series(1, 50) as n;
  grant select, update on stock to catalytic_app;`;

const EXISTS = `select 1 from pg_roles where rolname = 'lifeguard_bot'`;

/** The demo's database in trouble. */
export interface Patient {
  /** For Lifeguard: an ordinary role with pg_monitor and pg_signal_backend, and nothing else. */
  readonly lifeguardUrl: string;
  /** For the application. */
  readonly appUrl: string;
  /** Whether a backend with this pid is still there, asked as an administrator. */
  exists(pid: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts the patient: a real PostgreSQL with a shop's table in it, and roles as one would give them out. */
export async function startPatient(folder: string, maxConnections = MAX_CONNECTIONS): Promise<Patient> {
  const server = await startEmbedded({
    dataDir: folder,
    database: 'catalytic_db',
    flags: ['-c', `max_connections=${maxConnections}`, '-c', 'superuser_reserved_connections=3'],
  });
  const first = await connectAdmin(server);
  const { rowCount } = await first.query(EXISTS);
  if (rowCount === 0) await first.query(SCHEMA);
  // Not kept: it would take a slot that people would wonder about.
  await first.end();
  let admin: Promise<pg.Client> | undefined;
  return {
    lifeguardUrl: urlFor(server.url, 'lifeguard_bot', 'lifeguard'),
    appUrl: urlFor(server.url, 'catalytic_app', 'catalytic'),
    async exists(pid) {
      admin ??= connectAdmin(server);
      const found = await (await admin).query('select 1 from pg_stat_activity where pid = $1', [pid]);
      return found.rowCount === 1;
    },
    async stop() {
      await admin?.then((client) => client.end()).catch(() => undefined);
      await server.stop();
    },
  };
}

async function connectAdmin(server: Embedded): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url, application_name: 'demo-admin' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function urlFor(url: string, user: string, password: string): string {
  const parsed = new URL(url);
  parsed.username = user;
  parsed.password = password;
  return parsed.href;
}
