import { z } from 'zod';
import { CheckFailure } from '../../checks/check.ts';
import type { PoolSizeTarget } from '../../incident/remedy.ts';
import { AwayError } from '../../pool/faults.ts';
import type { RemedyResult } from '../remedy.ts';
import { type Deployment, type DeploymentName, patchDeployment, readDeployment } from './kubernetes.ts';

/** Where in lifeguard.yaml the deployment is named. */
const PLACE = 'pool_size.kubernetes';

/** Between our look and our patch others may write too (the status, a scaling): looked again so often. */
const MOST_CONFLICTS = 5;

type EnvTarget = Extract<PoolSizeTarget, { way: 'kubernetes' }>;

/** Which variables of which container. */
export interface SizeVariables extends DeploymentName {
  /** Left out: the only one there is. */
  readonly container?: string;
  readonly env: readonly string[];
}

/** The variables as they stand now. */
export interface SizesNow extends Pick<Deployment, 'uid' | 'resourceVersion' | 'replicas' | 'strategy'> {
  readonly container: string;
  /** Of those that are set there. */
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

const templateSchema = z.object({
  spec: z.object({
    containers: z.array(
      z.object({
        name: z.string(),
        env: z.array(z.object({ name: z.string(), value: z.string().optional() })).nullish(),
      }),
    ),
  }),
});

/**
 * Reads the variables that hold the size.
 *
 * @throws CheckFailure with the mend when there are none, one is no number, or the cluster cannot be asked
 */
export async function readSizeVariables({ container, env, ...where }: SizeVariables): Promise<SizesNow> {
  const found = await readDeployment(where, PLACE);
  const { containers } = templateSchema.parse(found.template).spec;
  const what = `the deployment ${where.deployment}`;
  if (found.paused) {
    throw new CheckFailure(
      `${what} is paused, so that no change reaches its pods`,
      `kubectl rollout resume deployment/${where.deployment} -n ${where.namespace}`,
    );
  }
  const chosen =
    container === undefined && containers.length === 1
      ? containers[0]
      : containers.find(({ name }) => name === container);
  if (chosen === undefined) {
    const names = containers.map(({ name }) => name).join(', ');
    throw new CheckFailure(
      container === undefined
        ? `${what} has several containers (${names})`
        : `${what} has no container ${container} (it has ${names})`,
      `set \`${PLACE}.container\` in lifeguard.yaml`,
    );
  }
  const values = (chosen.env ?? [])
    .filter(({ name }) => env.includes(name))
    .map(({ name, value }) => {
      const isSize = value !== undefined && /^\d{1,5}$/.test(value);
      if (isSize) return { name, value: Number(value) };
      throw new CheckFailure(
        `${name} of ${what} is ${value === undefined ? 'not written there as a value' : 'no number of connections'}`,
        `write it as a number into the deployment, or take it out of \`${PLACE}.env\``,
      );
    });
  if (values.length === 0) {
    throw new CheckFailure(
      `${what} sets none of ${env.join(', ')}`,
      `set them in its container ${chosen.name}, or correct \`${PLACE}.env\``,
    );
  }
  const { uid, resourceVersion, replicas, strategy } = found;
  return { uid, resourceVersion, replicas, strategy, container: chosen.name, values };
}

/** Sets the variables to what was approved, if they still are what people were shown. Never throws. */
export async function setSizeVariables(target: EnvTarget, again: boolean): Promise<RemedyResult> {
  try {
    return await change(target, again, 'to');
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    return { outcome: 'failed', detail: textOf(error), ms: 0 };
  }
}

/**
 * Sets the variables back to what they were, if they still are what we have set.
 *
 * @throws AwayError when the cluster cannot be asked, or does not allow it
 */
export async function sizeVariablesBack(target: EnvTarget, again: boolean): Promise<RemedyResult> {
  try {
    return await change(target, again, 'from');
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    throw new AwayError(textOf(error), { code: 'kubernetes', message: error.message });
  }
}

/** What is compared and what is written is one version of the deployment: a patch of an older one is refused. */
async function change(target: EnvTarget, again: boolean, end: 'from' | 'to'): Promise<RemedyResult> {
  const begun = performance.now();
  const result = (outcome: RemedyResult['outcome'], detail: string): RemedyResult => ({
    outcome,
    detail,
    ms: performance.now() - begun,
  });
  const { namespace, deployment, container, variables } = target;
  const env = variables.map(({ name }) => name);
  const words = variables.map((one) => `${one.name} is ${one[end]}`).join(', ');
  const start = end === 'to' ? 'from' : 'to';
  let tried = again;
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
    const now = await readSizeVariables({ namespace, deployment, container, env });
    const stands = (at: 'from' | 'to') =>
      variables.every((one) => now.values.some(({ name, value }) => name === one.name && value === one[at]));
    if (now.uid === target.uid && stands(end)) {
      return tried ? result('done', words) : result('nothing_to_do', `${words} already; nothing was done`);
    }
    if (now.uid !== target.uid || !stands(start)) {
      return result(
        'nothing_to_do',
        `someone has changed the size in the deployment ${deployment} since; it is left as it is`,
      );
    }
    const spec = {
      template: {
        spec: {
          containers: [
            { name: container, env: variables.map((one) => ({ name: one.name, value: String(one[end]) })) },
          ],
        },
      },
    };
    try {
      if (await patchDeployment({ namespace, deployment }, now, spec)) return result('done', words);
    } catch (error) {
      // It may have been taken and its answer lost: the next look tells, or fails as this did.
      if (!(error instanceof CheckFailure) || tried) throw error;
      tried = true;
    }
  }
  return result('failed', `the deployment ${deployment} is being changed by somebody else all the time`);
}

function textOf({ message, mend }: CheckFailure): string {
  return `${message}; mend: ${mend ?? 'look at the cluster'}`;
}
