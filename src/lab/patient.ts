import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Lifeline } from '../pool/lifeline.ts';
import { startEmbedded } from '../store/embedded.ts';
import { type Rates, startRates } from './rates.ts';

const FLAGS = [
  'max_connections=40',
  'superuser_reserved_connections=3',
  'shared_preload_libraries=pg_stat_statements',
  'max_prepared_transactions=10',
  'wal_level=replica',
  'max_wal_senders=4',
  'fsync=off',
  'autovacuum_naptime=1h',
].flatMap((setting) => ['-c', setting]);

const SCHEMA = `
  create extension pg_stat_statements;
  create role shop login password 'shop';
  create role lifeguard_bot login password 'lifeguard';
  grant pg_monitor to lifeguard_bot;
  create table stock  (item integer primary key, reserved integer not null default 0);
  create table orders (id integer primary key, item integer not null, note text);
  create table ledger (id integer primary key, note text not null);
  insert into stock  select n, 0 from generate_series(1, 200) as n;
  insert into orders select n, n, 'order' from generate_series(1, 200) as n;
  insert into ledger select n, repeat('x', 2000) from generate_series(1, 1200) as n;
  alter table stock  owner to shop;
  alter table orders owner to shop;
  alter table ledger owner to shop;`;

/** A real PostgreSQL that the lab makes ill, with Lifeguard's connection to it. */
export interface Patient {
  readonly appUrl: string;
  readonly admin: pg.Client;
  readonly lifeline: Lifeline;
  readonly rates: Rates;
  stop(): Promise<void>;
}

/** Starts a patient in a temporary folder; `stop` removes it. */
export async function startPatient(): Promise<Patient> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-lab-'));
  // As root the server runs as another user, who has to get in.
  await chmod(folder, 0o755);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await startEmbedded({ dataDir: join(folder, 'patient'), database: 'shop', flags: FLAGS });
    const admin = new pg.Client({ connectionString: server.url, application_name: 'lab-admin' });
    admin.on('error', () => undefined);
    await admin.connect();
    await admin.query(SCHEMA);
    const lifeline = new Lifeline({ url: as(server.url, 'lifeguard_bot', 'lifeguard') });
    await lifeline.start();
    const rates = await startRates();
    return {
      appUrl: as(server.url, 'shop', 'shop'),
      admin,
      lifeline,
      rates,
      async stop() {
        await lifeline.close();
        await rates.stop();
        await admin.end().catch(() => undefined);
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function as(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
