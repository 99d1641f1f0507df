import { resolve } from 'node:path';
import { openStorePlace } from '../app/store.ts';
import { migrate } from '../store/migrate.ts';
import { readConfiguration } from './configuration.ts';
import { loggerFor } from './logger.ts';

/** `lifeguard migrate`. */
export async function migrateStore(): Promise<number> {
  const loaded = readConfiguration();
  if (loaded === undefined) return 2;
  const { config, environment } = loaded;
  const log = loggerFor(config, environment);
  const place = await openStorePlace(environment, resolve('.lifeguard'), log);
  try {
    const run = await migrate(place.url);
    console.log(run.length === 0 ? 'the schema is up to date' : `brought up to date: ${run.join(', ')}`);
    return 0;
  } catch (error) {
    console.error(
      `the store could not be brought up to date: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  } finally {
    await place.stop();
  }
}
