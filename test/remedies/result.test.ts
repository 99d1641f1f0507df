import { expect, test } from 'vitest';
import { resultOf } from '../../src/remedies/backend.ts';

const GONE = { outcome: 'gone', detail: 'it had ended before: nothing was done', ms: 3 } as const;

test('a target that is gone is nothing to do at the first run', () => {
  expect(resultOf(GONE, false, 'backend 7 is gone')).toEqual({ ...GONE, outcome: 'nothing_to_do' });
});

test('after a crash it is what the first run was for, and the words do not say that nothing was done', () => {
  const result = resultOf(GONE, true, 'the query of backend 7 is over');
  expect(result.outcome).toBe('done');
  expect(result.detail).toContain('the query of backend 7 is over');
  expect(result.detail).not.toContain('nothing was done');
});
