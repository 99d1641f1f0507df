import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';
import { newCluster } from './postgres.ts';

/**
 * How a server is ended: `fast` cuts the connections and writes everything down, `immediate` ends as in a crash,
 * and the next start recovers from the log.
 */
export type Shutdown = 'fast' | 'immediate';

/** A PostgreSQL that is ended and begun again, at the same place with the same data. */
export interface RestartablePostgres {
  /** Superuser's URL of the database `lifeguard`. */
  readonly url: string;
  readonly port: number;
  /** Whether its process lives. */
  isUp(): boolean;
  /** Ends it, if it has not ended by itself. */
  end(how: Shutdown): Promise<void>;
  /** Begins again, if it has ended; tried for a while, since its disk may still be full. */
  begin(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Disks do not lose power in a test, so none is waited for; what is committed is written to them all the same. */
const DURABLE = ['fsync=off', 'full_page_writes=off', 'max_wal_size=64MB', 'wal_recycle=off'];

/**
 * Starts a server of a test's own that keeps every commit over the crash of its processes.
 * @param options `within`: the folder for its data, which stays; `settings`: more of them, each `name=value`
 */
export async function restartablePostgres(
  options: { readonly within?: string; readonly settings?: readonly string[] } = {},
): Promise<RestartablePostgres> {
  const folder = options.within ?? (await mkdtemp(join(tmpdir(), 'lifeguard-restartable-')));
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'store');
  await newCluster(dataDir);
  const flags = [...DURABLE, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]);
  let server: Embedded = await startEmbedded({ dataDir, flags });
  let up = true;
  const { port, url } = server;
  const watch = (one: Embedded): void => {
    up = true;
    void one.exited.then(() => {
      if (one === server) up = false;
    });
  };
  watch(server);
  let beginning: Promise<void> | undefined;
  return {
    url,
    port,
    isUp: () => up,
    async end(how) {
      if (how === 'fast') return server.stop();
      if (up) process.kill(server.pid, 'SIGQUIT');
      await server.exited;
    },
    async begin() {
      const again = async (): Promise<void> => {
        await server.exited;
        server = await persistently(() => startEmbedded({ dataDir, flags, port }));
        watch(server);
      };
      if (up) return;
      beginning ??= again().finally(() => {
        beginning = undefined;
      });
      await beginning;
    },
    async stop() {
      await server.stop();
      if (options.within === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

const TRY_FOR_MS = 15_000;
const TRY_EVERY_MS = 100;

/** What supervises a server starts it again and again. */
async function persistently<T>(start: () => Promise<T>): Promise<T> {
  const until = Date.now() + TRY_FOR_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}
