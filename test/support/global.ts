import type { TestProject } from 'vitest/node';
import { testPostgres } from './postgres.ts';

/** Starts the PostgreSQL that `testDatabase` makes its databases in, once a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await testPostgres({ maxConnections: 200 });
  project.provide('sharedPostgresUrl', server.url);
  return server.stop;
}
