import { join } from 'node:path';
import type { Environment } from '../config/types.ts';
import type { Logger } from '../observe/log.ts';
import { startEmbedded } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';

/** How long between two tries to reach a store that is down at the start. */
const STORE_RETRY_MS = 1_000;

/** The store's address, and what has to be stopped with it. */
export interface StorePlace {
  readonly url: string;
  /** The store belongs to this process alone. */
  readonly alone: boolean;
  stop(): Promise<void>;
}

/**
 * Finds the store: `DATABASE_URL`, or an embedded PostgreSQL that is kept under `./.lifeguard/`.
 *
 * @param onLaunched called when an embedded one has been launched and only has to be waited for
 */
export async function openStorePlace(
  environment: Pick<Environment, 'databaseUrl'>,
  folder: string,
  log: Logger,
  onLaunched?: () => void,
): Promise<StorePlace> {
  if (environment.databaseUrl !== undefined) {
    return { url: environment.databaseUrl, alone: false, stop: async () => undefined };
  }
  const embedded = await startEmbedded({
    dataDir: join(folder, 'store'),
    log: (line) => log.warn({ from: 'embedded PostgreSQL' }, line),
    ...(onLaunched === undefined ? {} : { onLaunched }),
  });
  return { url: embedded.url, alone: true, stop: () => embedded.stop() };
}

/**
 * Brings the schema up to date, waiting for a store that is down: until it is there, webhooks are
 * answered with 503, so that Alertmanager comes again.
 *
 * @throws Error when the store is reachable and refuses the migration, or when `signal` ends the wait
 */
export async function migrateWhenUp(url: string, log: Logger, signal: AbortSignal): Promise<void> {
  const run = await whenUp(() => migrate(url), log, signal);
  if (run.length > 0) log.info({ migrations: run }, 'the schema was brought up to date');
}

/**
 * Does what the start needs of the store, again and again until it is there.
 *
 * @throws Error of `work` when it is not that the store cannot be reached, or when `signal` ends the wait
 */
export async function whenUp<T>(work: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isUnreachable(error)) throw error;
      log.error({ err: error }, 'the store cannot be reached; trying again');
      await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
      if (signal.aborted) throw error;
    }
  }
}

/** The server is not there, is starting or stopping, or has no connection left: that passes. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error))
    return error instanceof Error && /timeout|terminated/i.test(error.message);
  const code = String(error.code);
  return /^(ECONN|ETIMEDOUT|EHOST|ENET|EAI_|ENOTFOUND|EPIPE|57P0|53300|08)/.test(code);
}
