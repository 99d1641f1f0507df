import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CheckFailure } from '../../checks/check.ts';
import { askKubernetes, type Cluster, findCluster } from '../../platform/kubernetes.ts';
import type { Answer } from '../../platform/request.ts';
import type { RemedyResult } from '../remedy.ts';

const WITHIN_MS = 10_000;

/** `kubectl rollout restart` writes the time under this name; the pods are replaced since the template differs. */
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** The approval that a restart belongs to stands beside it, so that a later run finds what an earlier one did. */
const KEY = 'lifeguard-restart';

/** Between our look and our patch others may write too (the status, a scaling): looked again so often. */
const MOST_CONFLICTS = 5;

/** A Deployment of apps/v1, as far as it is used. */
const deploymentSchema = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string(), generation: z.number() }),
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().optional(),
    strategy: z.object({ type: z.string().optional() }).optional(),
    template: z.looseObject({
      metadata: z
        .object({ annotations: z.record(z.string(), z.string()).optional() })
        .loose()
        .nullish(),
    }),
  }),
  status: z
    .object({ readyReplicas: z.number().optional(), updatedReplicas: z.number().optional() })
    .default({}),
});

/** Which deployment. */
export interface DeploymentName {
  readonly namespace: string;
  readonly deployment: string;
}

/** A deployment as it stands now. */
export interface Deployment {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly replicas: number;
  readonly ready: number;
  readonly paused: boolean;
  /** `RollingUpdate`: pod by pod; `Recreate`: all at once. */
  readonly strategy: string;
  /** Of the pod template. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The pod template as the server gives it. */
  readonly template: Readonly<Record<string, unknown>>;
  /** A digest of the pod template: it changes with whatever rolls out anew, and not with scaling. */
  readonly digest: string;
}

/**
 * Looks at a deployment.
 *
 * @param key where in lifeguard.yaml it is named, such as `restart.kubernetes`
 * @throws CheckFailure with the mend when there is none, it may not be read, or the cluster cannot be asked
 */
export async function readDeployment(
  { namespace, deployment }: DeploymentName,
  key: string,
  cluster?: Cluster,
): Promise<Deployment> {
  const api = cluster ?? (await findCluster());
  const answer = await askKubernetes(api, pathOf({ namespace, deployment }), WITHIN_MS);
  if (answer.status === 404)
    throw new CheckFailure(
      `Kubernetes knows no deployment ${deployment} in the namespace ${namespace}`,
      `correct ${key} in lifeguard.yaml`,
    );
  if (answer.status !== 200) throw refusal(answer, 'get', namespace);
  const parsed = deploymentSchema.safeParse(json(answer.body));
  if (!parsed.success) throw new CheckFailure('Kubernetes’ answer holds no deployment', 'check KUBECONFIG');
  const { metadata, spec, status } = parsed.data;
  return {
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    replicas: spec.replicas,
    ready: status.readyReplicas ?? 0,
    paused: spec.paused ?? false,
    strategy: spec.strategy?.type ?? 'RollingUpdate',
    annotations: spec.template.metadata?.annotations ?? {},
    template: spec.template,
    digest: createHash('sha256')
      .update(JSON.stringify(ordered(spec.template)))
      .digest('hex'),
  };
}

/**
 * Patches a deployment by a strategic merge, if nobody has changed it since it was read.
 *
 * @returns false when somebody has: read it again, and decide again
 * @throws CheckFailure with the mend when it may not be changed, or the cluster cannot be asked
 */
export async function patchDeployment(
  name: DeploymentName,
  read: Pick<Deployment, 'resourceVersion'>,
  spec: object,
  cluster?: Cluster,
): Promise<boolean> {
  const api = cluster ?? (await findCluster());
  const body = JSON.stringify({ metadata: { resourceVersion: read.resourceVersion }, spec });
  const answer = await askKubernetes(api, pathOf(name), WITHIN_MS, {
    method: 'PATCH',
    body,
    contentType: 'application/strategic-merge-patch+json',
  });
  if (answer.status === 409) return false;
  if (answer.status !== 200) throw refusal(answer, 'patch', name.namespace);
  return true;
}

/** Which rollout of a deployment is meant, and the key of its restart. */
export interface DeploymentRun extends DeploymentName {
  readonly uid: string;
  /** `Deployment.digest` as it was shown. */
  readonly template: string;
  readonly key: string;
}

/**
 * Restarts a deployment as `kubectl rollout restart` does, if its pods are still those that were shown.
 * Never throws. Safe to run twice: the restart carries its key, and one that is there is not done again.
 *
 * @param again a run before this one may have done it already
 */
export async function restartDeployment(
  run: DeploymentRun,
  again: boolean,
  now: Date,
  cluster?: Cluster,
): Promise<RemedyResult> {
  const began = performance.now();
  const what = `the deployment ${run.deployment}`;
  const ended = (outcome: RemedyResult['outcome'], detail: string): RemedyResult => ({
    outcome,
    detail,
    ms: Math.round(performance.now() - began),
  });
  try {
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
      const found = await readDeployment(run, 'restart.kubernetes', cluster);
      if (found.annotations[KEY] === run.key) {
        const twice = again
          ? '; Lifeguard was restarted or cut off while at it, and did nothing a second time'
          : '';
        return ended('done', `${what} restarts pod by pod${twice}`);
      }
      if (found.uid !== run.uid || found.digest !== run.template)
        return ended('nothing_to_do', `${what} has changed since it was shown; nothing was done`);
      const annotations = { [RESTARTED_AT]: now.toISOString(), [KEY]: run.key };
      if (await patchDeployment(run, found, { template: { metadata: { annotations } } }, cluster))
        return ended(
          'done',
          `${what} restarts ${found.strategy === 'Recreate' ? 'all pods at once' : 'pod by pod'}`,
        );
    }
    return ended('failed', `${what} is being changed by somebody else all the time; nothing was done`);
  } catch (error) {
    if (!(error instanceof CheckFailure)) throw error;
    return ended('failed', `${error.message}; mend: ${error.mend ?? 'look at the cluster'}`);
  }
}

function pathOf({ namespace, deployment }: DeploymentName): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(deployment)}`;
}

function refusal({ status, body }: Answer, verb: 'get' | 'patch', namespace: string): CheckFailure {
  if (status === 401)
    return new CheckFailure(
      'Kubernetes does not know who Lifeguard is (401)',
      'renew the token in KUBECONFIG or the service account of Lifeguard’s pod',
    );
  if (status === 403)
    return new CheckFailure(
      `Lifeguard may not ${verb} deployments in the namespace ${namespace} (403)`,
      `let its service account get and patch deployments (apps) there`,
    );
  const said = z.object({ message: z.string() }).safeParse(json(body));
  const why = said.success ? `: ${said.data.message.slice(0, 200)}` : '';
  return new CheckFailure(
    `Kubernetes answered ${status}${why}`,
    'look at the deployment with kubectl describe',
  );
}

/** The same value with its keys in order, so that equal templates have equal digests. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, ordered(inner)]),
  );
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
