import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { openQueue } from '../../src/effects/queue.ts';
import { migrate } from '../../src/store/migrate.ts';
import { pristineCluster, storeTemplate, testPostgres } from './postgres.ts';

/** Makes, once a run, what its tests take copies of: a cluster, and a store in the PostgreSQL that all share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pristine = await pristineCluster();
  const server = await testPostgres({ maxConnections: 200, pristine });
  await storeTemplate(server.url, async (storeUrl) => {
    await migrate(storeUrl);
    const queue = await openQueue({
      storeUrl,
      onError: (error) => {
        throw error;
      },
    });
    await queue.close();
  });
  project.provide('sharedPostgresUrl', server.url);
  project.provide('pristineCluster', pristine);
  return async () => {
    await server.stop();
    await rm(pristine, { recursive: true, force: true });
  };
}
