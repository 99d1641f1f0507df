import { afterEach, describe, expect, test, vi } from 'vitest';
import { needs } from './needs.ts';

describe('looking for an outside program', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('one that is there, by name or by path, is not skipped', () => {
    vi.stubEnv('LIFEGUARD_NO_SKIP', '');
    expect(needs('sh', 'dash')).toEqual({ present: true, skip: false, reason: '' });
    expect(needs('/bin/sh', 'dash').present).toBe(true);
  });

  test('one that is missing is skipped with its package named', () => {
    vi.stubEnv('LIFEGUARD_NO_SKIP', '');
    const need = needs('no-such-program', 'no-such-package');
    expect(need).toMatchObject({ present: false, skip: true });
    expect(need.reason).toContain('no-such-package');
  });

  test('LIFEGUARD_NO_SKIP=1 forbids skipping: the test then runs and fails', () => {
    vi.stubEnv('LIFEGUARD_NO_SKIP', '1');
    expect(needs('no-such-program', 'no-such-package')).toMatchObject({ present: false, skip: false });
  });
});
