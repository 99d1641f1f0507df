import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const COUNT = join(ROOT, '.ci/count.js');
const folder = mkdtempSync(join(tmpdir(), 'lifeguard-ci-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs Vitest over files with these texts and counts its report as `.ci/run` does. */
function countOf(...texts: string[]): { line: string; status: number | null } {
  const report = join(folder, 'report.json');
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${index}.test.js`), text);
  spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--root',
      folder,
      '--globals',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { env: { PATH: process.env.PATH ?? '' } },
  );
  const counted = spawnSync(process.execPath, [COUNT, report], { encoding: 'utf8' });
  return { line: counted.stdout, status: counted.status };
}

const PASSES = "test('passes', () => {});\n";
const SKIPS = "test.skipIf(true)('skips', () => {});\n";
const FAILS = "test('fails', () => { throw new Error('as meant'); });\n";

describe('the closing line of .ci/run', () => {
  test('counts what passed and was skipped, and ends with 0', () => {
    expect(countOf(PASSES + PASSES + SKIPS)).toEqual({ line: '2 passed, 0 failed, 1 skipped\n', status: 0 });
  });

  test('ends with 1 when a test failed, and names no skipped ones when there are none', () => {
    expect(countOf(PASSES + FAILS)).toEqual({ line: '1 passed, 1 failed\n', status: 1 });
  });

  test('counts a file that does not load, and one whose preparation failed, as a failure each', () => {
    const { line, status } = countOf(
      "throw new Error('as meant');",
      `beforeAll(() => { throw new Error('as meant'); });\n${PASSES}`,
    );
    expect(line).toMatch(/^0 passed, 2 failed/);
    expect(status).toBe(1);
  });

  test('counts a run without a report as a failure', () => {
    const counted = spawnSync(process.execPath, [COUNT, join(folder, 'absent.json')], { encoding: 'utf8' });
    expect([counted.stdout, counted.status]).toEqual(['0 passed, 1 failed\n', 1]);
  });
});
