import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { pristineCluster, testPostgres } from './postgres.ts';

/** Starts the PostgreSQL that `testDatabase` makes its databases in, and makes the cluster that the others are copies of, once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pristine = await pristineCluster();
  const server = await testPostgres({ maxConnections: 200, pristine });
  project.provide('sharedPostgresUrl', server.url);
  project.provide('pristineCluster', pristine);
  return async () => {
    await server.stop();
    await rm(pristine, { recursive: true, force: true });
  };
}
