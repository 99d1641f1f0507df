import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { connect } from './postgres.ts';

/** A real PgBouncer before a test's server. */
export interface TestPgBouncer {
  readonly port: number;
  /** The admin console, as `boss`, who may do all, or `eye`, who may look. */
  consoleUrl(user?: 'boss' | 'eye'): string;
  /** A database of it, as the application. */
  urlFor(database: string): string;
  /** Runs one command as `boss`. */
  command(text: string): Promise<Record<string, unknown>[]>;
  /** `default_pool_size` as it is now. */
  size(): Promise<number>;
  /** Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts Debian's `pgbouncer` before the server of that port.
 *
 * @param databases what each is called, and what stands in its line besides host and port
 */
export async function startPgBouncer(
  serverPort: number,
  databases: Readonly<Record<string, string>>,
  settings: readonly string[] = [],
): Promise<TestPgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-pgbouncer-'));
  // As root it switches to another user, who has to get in.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'users'), '"boss" ""\n"eye" ""\n"app" ""\n');
  const config = join(folder, 'pgbouncer.ini');
  const lines = Object.entries(databases).map(
    ([name, line]) => `${name} = host=127.0.0.1 port=${serverPort} user=app password=app ${line}`,
  );
  const daemon = await startDaemon({
    program: 'pgbouncer',
    args: (port) => [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), `${config}-${port}`],
    prepare: (port) =>
      writeFile(
        `${config}-${port}`,
        [
          '[databases]',
          ...lines,
          '[pgbouncer]',
          'listen_addr = 127.0.0.1',
          `listen_port = ${port}`,
          'unix_socket_dir =',
          'auth_type = trust',
          `auth_file = ${join(folder, 'users')}`,
          'admin_users = boss',
          'stats_users = eye',
          ...settings,
          '',
        ].join('\n'),
      ),
  }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const at = (user: string, database: string) => `postgres://${user}@127.0.0.1:${daemon.port}/${database}`;
  const command = async (text: string): Promise<Record<string, unknown>[]> => {
    const client = await connect(at('boss', 'pgbouncer'));
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    port: daemon.port,
    consoleUrl: (user = 'boss') => at(user, 'pgbouncer'),
    urlFor: (database) => at('app', database),
    command,
    async size() {
      const rows = await command('SHOW CONFIG');
      return Number(rows.find(({ key }) => key === 'default_pool_size')?.['value']);
    },
    async stop() {
      await daemon.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
