import { expect, test } from 'vitest';
import { faultKinds } from './kinds.ts';
import { type Plan, planOf } from './plan.ts';

const { kinds } = faultKinds({ backend: 'redis', disk: 'there is none' });

/** What a plan does, its dice thrown once each. */
function told({ faults, ...plan }: Plan): object {
  return { ...plan, faults: faults.map(({ kind, atMs, random }) => [kind.name, atMs, random(), random()]) };
}

test('the same seed and number give the same faults at the same moments, another seed others', () => {
  const plans = (seed: number): object[] => [0, 1, 60, 999].map((run) => told(planOf(seed, run, kinds)));
  expect(plans(7)).toEqual(plans(7));
  expect(plans(7)).not.toEqual(plans(8));
});

test('every kind of fault comes once before any comes again', () => {
  const first = (run: number): string | undefined => planOf(7, run, kinds).faults[0]?.kind.name;
  for (const round of [0, 1]) {
    const names = kinds.map((_kind, index) => first(round * kinds.length + index));
    expect(new Set(names)).toEqual(new Set(kinds.map(({ name }) => name)));
  }
});
