import { expect, it } from 'vitest';
import { retryAfterMs } from '../../src/pagerduty/retry-after.ts';

const NOW = Date.parse('2026-10-02T18:00:00Z');

it.each([
  [{ 'retry-after': '30' }, 30_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': ' 1.5 ' }, 1_500],
  [{ 'retry-after': 'Fri, 02 Oct 2026 18:01:00 GMT' }, 60_000],
  [{ 'retry-after': 'Fri, 02 Oct 2026 17:00:00 GMT' }, 0],
  [{ 'ratelimit-reset': '20' }, 20_000],
  [{ 'retry-after': '5', 'ratelimit-reset': '20' }, 5_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{ 'ratelimit-reset': 'soon' }, undefined],
  [{}, undefined],
])('reads %j as %s ms', (headers, expected) => {
  expect(retryAfterMs(headers, NOW)).toBe(expected);
});
