import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global.ts'],
    // Reached by a fault alone, on a busy machine too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // A file brings its own servers and databases and leaves no state in a module: a process for each
    // would only load the same libraries again.
    isolate: false,
    // One more than the cores of a small machine: much of a test is waiting for a process.
    maxWorkers: 3,
    retry: 0,
  },
});
