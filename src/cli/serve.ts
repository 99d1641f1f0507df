import { resolve } from 'node:path';
import type { App } from '../app/app.ts';
import { openStorePlace } from '../app/store.ts';
import type { Config, Environment } from '../config/types.ts';
import type { Logger } from '../observe/log.ts';
import { readConfiguration } from './configuration.ts';
import { loggerFor } from './logger.ts';

/** SIGTERM drains for this long at most; then the process ends, and the store owes the rest. */
const DRAIN_MS = 9_500;

/** What still holds a process that has stopped has no work left: an idle connection of a library, say. */
const LINGER_MS = 200;

/** `lifeguard serve`. */
export async function serve(): Promise<number> {
  const loaded = readConfiguration();
  if (loaded === undefined) return 2;
  const { config, environment, warnings } = loaded;
  const log = loggerFor(config, environment);
  for (const warning of warnings) log.warn({ from: 'configuration' }, warning);
  const asked = new Promise<NodeJS.Signals>((done) => {
    process.once('SIGTERM', done);
    process.once('SIGINT', done);
  });
  const began = performance.now();
  const starting = start(config, environment, log);
  starting.then(
    (app) => log.info({ port: app.port, ms: Math.round(performance.now() - began) }, 'ready'),
    () => undefined,
  );
  const first = await Promise.race([
    asked,
    starting.then(
      () => asked,
      async (error: unknown) => {
        // Whoever wrote the runbook needs its lines, not a stack.
        const faults = await faultsOf(error);
        for (const line of faults) console.error(line);
        if (faults.length > 0) return 'faulty' as const;
        log.error({ err: error }, 'could not start');
        return undefined;
      },
    ),
  ]);
  if (first === 'faulty') return 2;
  if (first === undefined) return 1;
  log.info({ signal: first }, 'stopping');
  const late = setTimeout(() => process.exit(1), DRAIN_MS).unref();
  const app = await starting.catch(() => undefined);
  await app?.stop();
  log.info('stopped');
  clearTimeout(late);
  setTimeout(() => process.exit(0), LINGER_MS).unref();
  return 0;
}

/**
 * The embedded store starts as a process of its own: once it is on its way, what the rest is made of is
 * loaded in the meantime. Not before, since loading holds up the steps that lead there.
 */
async function start(config: Config, environment: Environment, log: Logger): Promise<App> {
  const folder = resolve('.lifeguard');
  let onLaunched = (): void => undefined;
  const launched = new Promise<void>((done) => {
    onLaunched = done;
  });
  const place = openStorePlace(environment, folder, log, onLaunched);
  try {
    // A place that cannot be had is reported by whoever waits for it.
    await Promise.race([launched, place.catch(() => undefined)]);
    const { startApp } = await import('../app/app.ts');
    return await startApp({ config, environment, log, folder, place });
  } catch (error) {
    await place.then((opened) => opened.stop()).catch(() => undefined);
    throw error;
  }
}

/** What is wrong with a runbook, if that is what `error` says. */
async function faultsOf(error: unknown): Promise<readonly string[]> {
  const { describeRunbookFault, RunbookError, RunbookUnreadable } = await import('../runbook/index.ts');
  if (error instanceof RunbookError) return error.faults.map(describeRunbookFault);
  return error instanceof RunbookUnreadable ? [error.message] : [];
}
