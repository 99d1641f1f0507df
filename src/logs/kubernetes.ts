import { z } from 'zod';
import { CheckFailure } from '../checks/check.ts';
import { askKubernetes, type Cluster, findCluster } from '../platform/kubernetes.ts';
import { linesOf } from './lines.ts';

const MOST_PODS = 10;

/** Which pods' log. */
export interface Pods {
  readonly namespace: string;
  readonly selector: string;
  readonly container?: string;
}

const podsSchema = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

/** The last lines of the pods that the selector names, in the order they were written. */
export async function kubernetesLog(
  { namespace, selector, container }: Pods,
  lines: number,
  timeoutMs: number,
  cluster?: Cluster,
): Promise<string[]> {
  const api = cluster ?? (await findCluster());
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const listed = await read(
    api,
    `${base}?labelSelector=${encodeURIComponent(selector)}&limit=${MOST_PODS}`,
    timeoutMs,
  );
  const names = podNames(listed);
  if (names.length === 0)
    throw new CheckFailure(
      'no pod matches the selector',
      'correct logs.kubernetes.selector in lifeguard.yaml',
    );
  const of = container === undefined ? '' : `&container=${encodeURIComponent(container)}`;
  const texts = await Promise.all(
    names.map((name) =>
      read(api, `${base}/${encodeURIComponent(name)}/log?tailLines=${lines}&timestamps=true${of}`, timeoutMs),
    ),
  );
  return texts
    .flatMap(linesOf)
    .sort()
    .map((line) => line.slice(line.indexOf(' ') + 1))
    .slice(-lines);
}

function podNames(listed: string): string[] {
  try {
    return podsSchema.parse(JSON.parse(listed)).items.map((pod) => pod.metadata.name);
  } catch {
    throw new CheckFailure(
      'what answers there is not Kubernetes',
      'correct KUBECONFIG, or the cluster’s server in it',
    );
  }
}

async function read(api: Cluster, path: string, timeoutMs: number): Promise<string> {
  const answer = await askKubernetes(api, path, timeoutMs);
  if (answer.status === 200) return answer.body.toString('utf8');
  const mend =
    answer.status === 401 || answer.status === 403
      ? 'let the service account get and list pods and get pods/log in the namespace'
      : 'check logs.kubernetes in lifeguard.yaml (a pod with several containers needs `container`)';
  throw new CheckFailure(`Kubernetes answered ${answer.status}`, mend);
}
