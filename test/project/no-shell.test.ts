import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');
const STARTS_A_PROCESS = /child_process|worker_threads|\bnode:vm\b|\beval\(|new Function\(/;

/** Where a program of our own choosing is started: the embedded PostgreSQL, and the benchmark's processes. */
const ALLOWED = /^(?:store\/embedded|bench)\//;

test('nothing that reads a runbook, runs a check or carries out a remedy can start a program', async () => {
  const found: string[] = [];
  let read = 0;
  for (const file of await readdir(SRC, { recursive: true })) {
    if (!/\.tsx?$/.test(file)) continue;
    read += 1;
    const text = await readFile(join(SRC, file), 'utf8');
    if (STARTS_A_PROCESS.test(text) && !ALLOWED.test(file)) found.push(file);
  }
  expect(read).toBeGreaterThan(300);
  expect(found).toEqual([]);
});
