import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { CheckFailure } from '../checks/check.ts';
import { platformFailure } from './failure.ts';
import { type Answer, ask, type Sent } from './request.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How the cluster's API is reached. */
export interface Cluster {
  readonly url: string;
  readonly token?: string;
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/**
 * Asks the Kubernetes API.
 *
 * @param path from the server's root: `/apis/apps/v1/…`
 * @throws CheckFailure with the mend when the server does not answer; any status is an answer
 */
export async function askKubernetes(
  api: Cluster,
  path: string,
  timeoutMs: number,
  sent?: Sent,
): Promise<Answer> {
  const url = new URL(api.url);
  const tls = url.protocol === 'https:';
  const place = {
    tls,
    host: url.hostname,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    path: url.pathname.replace(/\/$/, ''),
    headers: api.token === undefined ? {} : { Authorization: `Bearer ${api.token}` },
    ...(api.ca === undefined ? {} : { ca: api.ca }),
    ...(api.cert === undefined ? {} : { cert: api.cert }),
    ...(api.key === undefined ? {} : { key: api.key }),
  };
  return ask(place, path, timeoutMs, sent).catch((error) => {
    throw platformFailure(
      'Kubernetes did not answer',
      error,
      'check KUBECONFIG, or the service account of Lifeguard’s pod',
    );
  });
}

/** The cluster we run in, or the one of KUBECONFIG's current context. Throws a CheckFailure with the mend. */
export async function findCluster(): Promise<Cluster> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBECONFIG: path } = process.env;
  try {
    if (path !== undefined && path !== '') return clusterOf(await readFile(path, 'utf8'));
    if (host !== undefined) {
      const [token, ca] = await Promise.all([
        readFile(`${ACCOUNT}/token`, 'utf8'),
        readFile(`${ACCOUNT}/ca.crt`),
      ]);
      const name = host.includes(':') ? `[${host}]` : host;
      return { url: `https://${name}:${port ?? '443'}`, token: token.trim(), ca };
    }
  } catch (error) {
    throw platformFailure(
      'the access to Kubernetes cannot be read',
      error,
      'check KUBECONFIG, or mount the service account',
    );
  }
  throw new CheckFailure(
    'there is no access to Kubernetes',
    'set KUBECONFIG, or run Lifeguard inside of the cluster',
  );
}

const base64 = z.string().transform((text) => Buffer.from(text, 'base64'));

const kubeconfigSchema = z.object({
  'current-context': z.string(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({ server: z.string(), 'certificate-authority-data': base64.optional() }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().optional(),
        'client-certificate-data': base64.optional(),
        'client-key-data': base64.optional(),
      }),
    }),
  ),
});

/** Reads a kubeconfig whose certificates are inside of it (`kubectl config view --raw --flatten`). */
export function clusterOf(text: string): Cluster {
  const config = kubeconfigSchema.safeParse(parse(text)).data;
  const context = config?.contexts.find((one) => one.name === config['current-context'])?.context;
  const cluster = config?.clusters.find((one) => one.name === context?.cluster)?.cluster;
  const user = config?.users.find((one) => one.name === context?.user)?.user;
  if (cluster === undefined)
    throw new CheckFailure(
      'KUBECONFIG has no current context',
      'write it by: kubectl config view --raw --flatten',
    );
  const ca = cluster['certificate-authority-data'];
  const cert = user?.['client-certificate-data'];
  const key = user?.['client-key-data'];
  return {
    url: cluster.server,
    ...(user?.token === undefined ? {} : { token: user.token }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
