import type pg from 'pg';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { type Backend, findBackend } from '../../src/pool/sessions.ts';
import type { NoPlan, RemedyPlan } from '../../src/remedies/remedy.ts';
import { begin, makeRole, pidOf, until } from '../pool/crowd.ts';
import { makeLeastRole } from '../support/least-role.ts';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';

/** A server with an application on it, and Lifeguard's connection to it as roles of different rights. */
export interface House {
  readonly server: TestPostgres;
  /** As the README asks for it: `pg_monitor` and `pg_signal_backend`, and nothing else. */
  readonly doctor: Lifeline;
  /** A connection as this role, closed with the house. */
  lifelineAs(url: string): Promise<Lifeline>;
  /** A connection of the application, closed with the house. */
  app(application?: string): Promise<pg.Client>;
  /** The backend behind a client, as it is now. */
  see(client: pg.Client): Promise<Backend>;
  /** Starts a statement and waits until the server is at it. */
  busy(client: pg.Client, sql: string): Promise<Backend>;
  stop(): Promise<void>;
}

/** Starts it; the caller stops it. */
export async function startHouse(): Promise<House> {
  const server = await testPostgres({ maxConnections: 30, flags: ['-c', 'max_prepared_transactions=5'] });
  const url = await makeRole(server, 'app');
  const lifelines: Lifeline[] = [];
  const clients: pg.Client[] = [];
  const lifelineAs = async (as: string): Promise<Lifeline> => {
    const lifeline = new Lifeline({ url: as });
    lifelines.push(lifeline);
    await lifeline.start();
    return lifeline;
  };
  await makeLeastRole(await server.admin(), 'doctor');
  const doctor = await lifelineAs(server.urlFor({ user: 'doctor', password: 'pw' }));
  const pids = new Map<pg.Client, number>();
  const pid = async (client: pg.Client): Promise<number> => {
    const known = pids.get(client) ?? (await pidOf(client));
    pids.set(client, known);
    return known;
  };
  const see = async (client: pg.Client): Promise<Backend> => {
    const found = await findBackend(doctor, await pid(client));
    if (found === undefined) throw new Error('that backend has ended');
    return found;
  };
  return {
    server,
    doctor,
    lifelineAs,
    see,
    async app(application = 'catalytic-api') {
      const as = new URL(url);
      as.searchParams.set('application_name', application);
      const client = await connect(as.href);
      clients.push(client);
      await pid(client);
      return client;
    },
    async busy(client, sql) {
      await pid(client);
      begin(client, sql);
      await until(async () => (await see(client)).state === 'active');
      return see(client);
    },
    async stop() {
      for (const client of clients) await client.end().catch(() => {});
      for (const lifeline of lifelines) await lifeline.close();
      await server.stop();
    },
  };
}

/** What a preview came to, for a test that expects a plan. */
export function planOf(found: RemedyPlan | NoPlan): RemedyPlan {
  if ('refused' in found) throw new Error(`refused: ${found.refused}`);
  return found;
}
