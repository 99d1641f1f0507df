import { resolve } from 'node:path';
import { startApp } from '../app/app.ts';
import { readConfiguration } from './configuration.ts';
import { loggerFor } from './logger.ts';

/** SIGTERM drains for this long at most; then the process ends, and the store owes the rest. */
const DRAIN_MS = 9_500;

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
  const starting = startApp({ config, environment, log, folder: resolve('.lifeguard') });
  starting.then(
    (app) => log.info({ port: app.port, ms: Math.round(performance.now() - began) }, 'ready'),
    () => undefined,
  );
  const first = await Promise.race([
    asked,
    starting.then(
      () => asked,
      (error: unknown) => {
        log.error({ err: error }, 'could not start');
        return undefined;
      },
    ),
  ]);
  if (first === undefined) return 1;
  log.info({ signal: first }, 'stopping');
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
  const app = await starting.catch(() => undefined);
  await app?.stop();
  log.info('stopped');
  return 0;
}
