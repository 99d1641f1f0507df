import { connect } from '../../support/postgres.ts';
import { type RestartablePostgres, restartablePostgres, type Shutdown } from '../../support/restartable.ts';

/** A backend as its server knows it. */
export interface Backend {
  readonly pid: number;
  readonly backendStart: string;
}

/** A session of the application that is in the way. After a restart of its server it is there again, as another backend. */
export interface Leak {
  /** The backend that it is now. */
  now(): Backend;
  /** Why it is gone: by an order to its backend, or with the whole server. `undefined` while it lives. */
  gone(): 'ended' | 'restarted' | undefined;
  /** Ends it in order. */
  end(): Promise<void>;
}

/** A database in trouble that is restarted in the midst of it. */
export interface Patient {
  readonly server: RestartablePostgres;
  /** A leak that the story is about. */
  leak(): Promise<Leak>;
  /** Whether a session that nobody asked to end is still there; after a restart of the server there is a new one. */
  bystanderLives(): boolean;
  /** Ends the server and begins it again; the application comes back. */
  restart(how: Shutdown, downMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server, with the bot's role and the application's. */
export async function startPatient(): Promise<Patient> {
  const server = await restartablePostgres({ settings: ['max_connections=30'] });
  const admin = await connect(server.url);
  await admin.query(`
    create role bot login password 'bot';
    grant pg_monitor, pg_signal_backend to bot;
    create role app login password 'app'`);
  await admin.end();
  const url = new URL(server.url);
  url.username = url.password = 'app';
  url.searchParams.set('application_name', 'catalytic-api');

  let restarting = false;
  const sessions: Session[] = [];

  interface Session {
    backend: Backend;
    gone: 'ended' | 'restarted' | undefined;
    readonly open: () => Promise<void>;
    readonly end: () => Promise<void>;
  }

  /** @param begin leaves a transaction open */
  async function session(begin: boolean): Promise<Session> {
    let client = await connect(url.href);
    const own: Session = {
      backend: { pid: 0, backendStart: '' },
      gone: undefined,
      async open() {
        client = await connect(url.href);
        await introduce();
      },
      end: () => client.end().catch(() => undefined),
    };
    async function introduce(): Promise<void> {
      own.gone = undefined;
      const opened = client;
      opened.once('end', () => {
        if (opened === client) own.gone ??= restarting ? 'restarted' : 'ended';
      });
      const { rows } = await client.query<Backend>(
        `select pid, backend_start::text as "backendStart" from pg_stat_activity where pid = pg_backend_pid()`,
      );
      if (rows[0] !== undefined) own.backend = rows[0];
      if (begin) await client.query('begin; select 1');
    }
    await introduce();
    sessions.push(own);
    return own;
  }

  const bystander = await session(false);
  return {
    server,
    async leak() {
      const own = await session(true);
      return {
        now: () => own.backend,
        gone: () => own.gone,
        async end() {
          sessions.splice(sessions.indexOf(own), 1);
          await own.end();
        },
      };
    },
    bystanderLives: () => bystander.gone !== 'ended',
    async restart(how, downMs) {
      restarting = true;
      await server.end(how);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      await server.begin();
      restarting = false;
      for (const own of sessions) if (own.gone === 'restarted') await own.open();
    },
    async stop() {
      await Promise.all(sessions.map((own) => own.end()));
      await server.stop();
    },
  };
}
