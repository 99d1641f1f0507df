import { resolve } from 'node:path';
import { startApp } from '../app/app.ts';
import { describeRunbookFault, RunbookError, RunbookUnreadable } from '../runbook/index.ts';
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
        // Whoever wrote the runbook needs its lines, not a stack.
        if (error instanceof RunbookError || error instanceof RunbookUnreadable) {
          for (const line of faultsOf(error)) console.error(line);
          return 'faulty' as const;
        }
        log.error({ err: error }, 'could not start');
        return undefined;
      },
    ),
  ]);
  if (first === 'faulty') return 2;
  if (first === undefined) return 1;
  log.info({ signal: first }, 'stopping');
  setTimeout(() => process.exit(1), DRAIN_MS).unref();
  const app = await starting.catch(() => undefined);
  await app?.stop();
  log.info('stopped');
  return 0;
}

function faultsOf(error: RunbookError | RunbookUnreadable): readonly string[] {
  return error instanceof RunbookError ? error.faults.map(describeRunbookFault) : [error.message];
}
