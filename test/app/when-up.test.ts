import { expect, test } from 'vitest';
import { whenUp } from '../../src/app/store.ts';
import { createLogger } from '../../src/observe/log.ts';

const log = createLogger({ level: 'silent', secrets: [] });

/** Fails with each of these in turn, then succeeds; counts how often it was tried. */
function failing(...errors: Error[]) {
  const tried = { times: 0 };
  const work = async (): Promise<string> => {
    tried.times += 1;
    const error = errors.shift();
    if (error !== undefined) throw error;
    return 'there';
  };
  return { tried, work };
}

test('a start goes on where the store broke off for a moment', async () => {
  const { tried, work } = failing(new Error('Connection terminated unexpectedly'));
  await expect(whenUp(work, log, new AbortController().signal)).resolves.toBe('there');
  expect(tried.times).toBe(2);
});

test('what is no outage ends the start at once, and so does a stop', async () => {
  const refused = failing(Object.assign(new Error('permission denied for schema public'), { code: '42501' }));
  await expect(whenUp(refused.work, log, new AbortController().signal)).rejects.toThrow('permission denied');
  expect(refused.tried.times).toBe(1);
  const away = failing(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  await expect(whenUp(away.work, log, AbortSignal.abort())).rejects.toThrow('ECONNREFUSED');
  expect(away.tried.times).toBe(1);
});
