import { onTestFinished } from 'vitest';
import { type PoolFacts, previewOf, remedyFor } from '../../src/remedies/registry.ts';
import type { NoPlan, RemedyPlan } from '../../src/remedies/remedy.ts';
import { type House, planOf } from './house.ts';

/** A pool whose application is restarted by some way. */
export function poolRestartedBy(restart: PoolFacts['restart']): PoolFacts {
  return { name: 'orders', application: 'catalytic-api', ...(restart === undefined ? {} : { restart }) };
}

/** The restart of a pool's application, as a press and an approval bring it about. */
export function restarting(house: House, pool: PoolFacts) {
  const preview = (): Promise<RemedyPlan | NoPlan> =>
    previewOf(house.doctor, { action: 'restart' }, new Date(), pool);
  return {
    preview,
    /** What is shown and approved. */
    plan: async () => planOf(await preview()),
    remedy: (plan: RemedyPlan) => {
      const remedy = remedyFor(plan, pool);
      if (remedy === undefined) throw new Error('no remedy carries that out');
      return {
        recheck: () => remedy.recheck(house.doctor, new Date()),
        execute: (again = false) => remedy.execute(house.doctor, again),
      };
    },
  };
}

/** Sets a variable of the environment until the test is over. */
export function setEnv(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
