import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

describe('package-lock.json', () => {
  test('has a record of every platform package, or npm ci refuses it (mend: node .ci/complete-lock.js)', () => {
    const check = spawnSync(process.execPath, [join(ROOT, '.ci/complete-lock.js'), '--check'], {
      encoding: 'utf8',
    });
    expect(check.stdout).toBe('');
    expect(check.status).toBe(0);
  });

  test('names no download addresses, which differ from place to place', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });
});
