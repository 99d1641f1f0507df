import { expect, it } from 'vitest';
import type { CauseId } from '../../src/causes/index.ts';
import { seeded } from '../../src/lab/random.ts';
import { between } from '../../src/lab/report.ts';
import type { Outcome } from '../../src/lab/run.ts';
import { reliability, scoreOf } from '../../src/lab/score.ts';

function outcome(truth: readonly CauseId[], named: readonly CauseId[]): Outcome {
  const causes = named.map((cause) => ({
    cause,
    title: '',
    confidence: 'likely' as const,
    probability: 0.8,
    evidence: [],
    advice: '',
  }));
  return { state: 's', seed: 1, truth, verdict: { causes }, facts: {}, tookMs: 1 };
}

it('counts the right first, both of two in the first two, and alarms at the healthy', () => {
  const outcomes = [
    outcome(['flood'], ['flood', 'slow_queries']),
    outcome(['flood'], ['slow_queries', 'flood']),
    outcome(['flood', 'slow_queries'], ['slow_queries', 'leak_missing_return', 'flood']),
    outcome([], []),
    outcome([], ['flood']),
  ];
  expect(scoreOf(outcomes)).toEqual({ runs: 5, faulty: 3, top1: 2, top2: 2, healthy: 2, falseAlarms: 1 });
  expect(reliability(outcomes)).toEqual([{ probability: 0.8, named: 8, right: 4 }]);
});

it('gives the same numbers for the same seed, and others for another', () => {
  const take = (seed: number) =>
    Array.from(
      { length: 20 },
      (
        (random) => () =>
          random.whole(1, 1_000)
      )(seeded(seed)),
    );
  expect(take(4)).toEqual(take(4));
  expect(take(4)).not.toEqual(take(5));
});

it('writes between the markers and leaves the rest of the page', () => {
  expect(between('a\n<!-- lab:start -->\nold\n<!-- lab:end -->\nb', 'new')).toBe(
    'a\n<!-- lab:start -->\nnew\n<!-- lab:end -->\nb',
  );
  expect(() => between('a', 'new')).toThrow(/lab:start/);
});
