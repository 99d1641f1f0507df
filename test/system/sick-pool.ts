import { onTestFinished } from 'vitest';
import { connect, type TestPostgres, testPostgres } from '../support/postgres.ts';

/** A server of the test's own with the bot's role and an application's table. */
export interface SickPool extends TestPostgres {
  readonly botUrl: string;
  /** One connection of the application leaves `statement` open in a transaction; gives its pid. */
  leak(statement?: string): Promise<number>;
  /** The application takes connections until the server refuses, each waiting for the row that `leak` holds. */
  fill(): Promise<void>;
  /** The application opens `count` connections and leaves them idle. */
  idle(count: number): Promise<void>;
}

/** What a leak does when nothing else is said; holds the row that `fill` wants. */
const RESERVE = 'update stock set reserved = 1 where item = 1';

/** Starts a server that takes few connections (the superuser's three besides), stopped when the test is over. */
export async function sickPool(
  options: { readonly maxConnections?: number; readonly flags?: string[] } = {},
): Promise<SickPool> {
  const server = await testPostgres({ maxConnections: 12, ...options });
  const open: { end(): Promise<void> }[] = [];
  onTestFinished(async () => {
    await Promise.all(open.map((client) => client.end().catch(() => undefined)));
    await server.stop();
  });
  await (await server.admin()).query(`
    create role bot login password 'bot';
    grant pg_monitor, pg_signal_backend to bot;
    create role app login password 'app';
    create table stock (item integer, reserved integer);
    insert into stock values (1, 0);
    grant all on stock to app`);
  const session = async () => {
    const client = await connect(
      server.urlFor({ user: 'app', password: 'app', application: 'catalytic-api' }),
    );
    open.push(client);
    return client;
  };
  return {
    ...server,
    botUrl: server.urlFor({ user: 'bot', password: 'bot' }),
    async leak(statement = RESERVE) {
      const client = await session();
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await client.query(`begin; ${statement}`);
      return rows[0]?.pid ?? 0;
    },
    async fill() {
      for (;;) {
        try {
          const client = await session();
          client.query('update stock set reserved = 2 where item = 1').catch(() => undefined);
        } catch (error) {
          if ((error as { code?: string }).code === '53300') return;
          throw error;
        }
      }
    },
    async idle(count) {
      for (let n = 0; n < count; n += 1) await session();
    },
  };
}
