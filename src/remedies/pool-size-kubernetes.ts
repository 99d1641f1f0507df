import { CheckFailure } from '../checks/check.ts';
import type { PoolSizeConfig } from '../config/types.ts';
import { duration } from '../incident/words.ts';
import { readActivity } from '../pool/activity.ts';
import { readSizeVariables, setSizeVariables, sizeVariablesBack } from './executors/kubernetes-env.ts';
import type { PoolSizeBy } from './pool-size.ts';
import { poolReading } from './reading.ts';
import type { NoPlan } from './remedy.ts';
import { freeOf, lackOfRoom, raised } from './room.ts';

/** How a pool is made larger whose size stands in the environment of a deployment. */
type KubernetesSize = Extract<PoolSizeConfig, { kubernetes: object }>;

/** The remedy `pool_size` by the environment of a Kubernetes deployment, whose pods restart with it. */
export function poolSizeByKubernetes({
  kubernetes,
  raiseBy,
  revertAfterMs,
}: KubernetesSize): PoolSizeBy<'kubernetes'> {
  return {
    async preview(lifeline, approved, now) {
      const seen = await readSizeVariables(kubernetes).catch(notPossible);
      if ('refused' in seen) return seen;
      const { uid, container, replicas, strategy } = seen;
      const variables = seen.values.map(({ name, value }) => ({
        name,
        from: value,
        to: approved?.variables.find((one) => one.name === name)?.to ?? raised(value, raiseBy),
      }));
      const perPod = variables.reduce((sum, { from, to }) => sum + to - from, 0);
      const words = variables.map(({ name, from, to }) => `${name} ${from} → ${to}`).join(', ');
      if (perPod <= 0) {
        return { refused: `Nothing would grow (${words}); nothing was done.`, protected: false };
      }
      const activity = await readActivity(lifeline);
      const pods = Math.max(1, replicas);
      const lack = lackOfRoom(`${words} in ${pods} pods`, perPod * pods, variables.length * pods, activity);
      if (lack !== undefined) return { refused: `Not possible: ${lack}.`, protected: true };
      const { namespace, deployment } = kubernetes;
      return {
        action: 'pool_size',
        target: {
          kind: 'pool_size',
          way: 'kubernetes',
          namespace,
          deployment,
          uid,
          container,
          variables,
          revertAfterMs,
        },
        preview: {
          title: `Raise the pool size of the deployment ${deployment}`,
          facts: [
            { label: 'Changes', value: words },
            { label: 'In', value: `container ${container} of ${namespace}/${deployment}, ${replicas} pods` },
            {
              label: 'Can open',
              value: `${perPod * pods} more server connections; the server has ${freeOf(activity)} free`,
            },
            { label: 'Undone', value: `by itself after ${duration(revertAfterMs)}` },
          ],
          risks: [
            `Its pods restart ${strategy === 'Recreate' ? 'all at once' : 'one by one'}, now and when it is undone.`,
            'While old and new pods overlap, both hold connections.',
            'It buys time and mends nothing: connections that leak or queries that are slow fill the larger pool too.',
          ],
          takenAt: now.toISOString(),
        },
      };
    },
    holds: (approved, found) =>
      approved.uid === found.uid &&
      approved.container === found.container &&
      approved.variables.length === found.variables.length &&
      approved.variables.every(({ name, from }) =>
        found.variables.some((its) => its.name === name && its.from === from),
      ),
    execute: (_lifeline, target, again) => setSizeVariables(target, again),
    undo: (_lifeline, target, again) => sizeVariablesBack(target, again),
    verify: poolReading,
  };
}

function notPossible(error: unknown): NoPlan {
  if (!(error instanceof CheckFailure)) throw error;
  const mend = error.mend === undefined ? '' : `; mend: ${error.mend}`;
  return { refused: `Not possible: ${error.message}${mend}.`, protected: true };
}
