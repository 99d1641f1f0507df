import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connect, type TestPostgres } from '../support/postgres.ts';

/** Waits for `condition`, looking every few milliseconds; throws when it has not come about in time. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await condition()); await sleep(5)) {
    if (Date.now() > deadline) throw new Error(`not so within ${withinMs} ms`);
  }
}

/** Makes ordinary roles with a password; `grants` are roles they are members of. */
export async function makeRole(server: TestPostgres, name: string, grants: string[] = []): Promise<string> {
  const admin = await server.admin();
  await admin.query(`create role ${name} login password 'pw'`);
  for (const grant of grants) await admin.query(`grant ${grant} to ${name}`);
  return server.urlFor({ user: name, password: 'pw' });
}

/** Connects as `url` until the server refuses with 53300; gives the connections that it took. */
export async function fill(url: string): Promise<pg.Client[]> {
  const crowd: pg.Client[] = [];
  for (;;) {
    try {
      crowd.push(await connect(url));
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '53300') return crowd;
      throw error;
    }
  }
}

/** The server's own pid for a client. */
export async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

/** Starts a statement whose outcome does not matter. */
export function begin(client: pg.Client, sql: string): void {
  client.query(sql).catch(() => {});
}
