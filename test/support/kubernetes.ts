import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localCertificate } from '../../src/console/pager/certificate.ts';

/**
 * A strict stand-in of the Kubernetes API server for one deployment, over TLS: it refuses whom it does not know
 * (401), who may not (403), a patch of a type it does not take (415), and one of an outdated version (409).
 */
export interface TestKubernetes {
  /** A kubeconfig for it, as a file. */
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly name: string;
  deployment: TestDeployment;
  /** What the token may do. */
  rights: Set<'get' | 'patch'>;
  /** The token it knows. */
  token: string;
  /** Every patch that was taken, as it came. */
  readonly patches: object[];
  /** Runs before each patch is looked at. */
  beforePatch: (() => void) | undefined;
  /** Runs when a patch has been taken; false leaves the one who sent it without an answer. */
  answerPatch: (() => boolean) | undefined;
  /** Somebody changes the deployment: by a new image, or by scaling it. */
  change(how: { readonly image?: string; readonly replicas?: number }): void;
  stop(): Promise<void>;
}

interface TestDeployment {
  metadata: { name: string; uid: string; resourceVersion: string; generation: number };
  spec: { replicas: number; paused?: boolean; strategy: { type: string }; template: Template };
  status: { readyReplicas: number };
}

interface Template {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    containers: {
      name: string;
      image: string;
      env?: { name: string; value?: string; valueFrom?: object }[];
    }[];
  };
}

const STRATEGIC = 'application/strategic-merge-patch+json';

/** Starts it; the caller stops it. */
export async function startKubernetes(): Promise<TestKubernetes> {
  const certificate = await localCertificate();
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-kubernetes-'));
  const kubeconfig = join(folder, 'config');
  const api: TestKubernetes = {
    kubeconfig,
    namespace: 'shop',
    name: 'orders',
    token: 'good-token',
    rights: new Set(['get', 'patch']),
    patches: [],
    beforePatch: undefined,
    answerPatch: undefined,
    deployment: {
      metadata: { name: 'orders', uid: 'uid-1', resourceVersion: '100', generation: 3 },
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate' },
        template: {
          metadata: { labels: { app: 'orders' } },
          spec: { containers: [{ name: 'api', image: 'orders:1' }] },
        },
      },
      status: { readyReplicas: 2 },
    },
    change({ image, replicas }) {
      const next = structuredClone(api.deployment);
      if (replicas !== undefined) next.spec.replicas = replicas;
      for (const container of next.spec.template.spec.containers) container.image = image ?? container.image;
      store(next);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
  const store = (next: TestDeployment): void => {
    const { metadata } = api.deployment;
    const isNewSpec = JSON.stringify(next.spec) !== JSON.stringify(api.deployment.spec);
    next.metadata = {
      ...metadata,
      resourceVersion: String(Number(metadata.resourceVersion) + 1),
      generation: metadata.generation + (isNewSpec ? 1 : 0),
    };
    api.deployment = next;
  };
  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    void handle(request, response).catch((error: unknown) => refuse(response, 400, String(error)));
  });
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers.authorization !== `Bearer ${api.token}`) return refuse(response, 401, 'Unauthorized');
    const verb = request.method === 'PATCH' ? 'patch' : request.method === 'GET' ? 'get' : undefined;
    const match = /^\/apis\/apps\/v1\/namespaces\/([^/]+)\/deployments\/([^/?]+)$/.exec(request.url ?? '');
    if (match === null) return refuse(response, 404, 'the server could not find the requested resource');
    if (verb === undefined) return refuse(response, 405, 'the server does not allow this method');
    if (!api.rights.has(verb))
      return refuse(response, 403, `deployments.apps "${match[2]}" is forbidden: cannot ${verb} resource`);
    if (match[1] !== api.namespace || match[2] !== api.name)
      return refuse(response, 404, `deployments.apps "${match[2]}" not found`);
    if (verb === 'get') return answer(response, 200, api.deployment);
    if (request.headers['content-type'] !== STRATEGIC)
      return refuse(
        response,
        415,
        `the body of the request was in an unknown format; accepted: ${STRATEGIC}`,
      );
    const patch = JSON.parse(await bodyOf(request)) as { metadata?: { resourceVersion?: string } };
    api.beforePatch?.();
    const wanted = patch.metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== api.deployment.metadata.resourceVersion)
      return refuse(
        response,
        409,
        'the object has been modified; please apply your changes to the latest version',
      );
    store(merged(structuredClone(api.deployment), patch) as TestDeployment);
    api.patches.push(patch);
    if (api.answerPatch?.() === false) request.socket.destroy();
    else answer(response, 200, api.deployment);
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const ca = Buffer.from(certificate.cert).toString('base64');
  await writeFile(
    kubeconfig,
    `current-context: here
contexts: [{ name: here, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: "https://localhost:${port}", certificate-authority-data: ${ca} } }]
users: [{ name: u, user: { token: good-token } }]`,
  );
  return api;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}

/** Maps are merged, lists of named things by their names, everything else is replaced: as a strategic merge does. */
function merged(one: unknown, other: unknown): unknown {
  if (Array.isArray(other)) return mergedByName(Array.isArray(one) ? one : [], other);
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return other;
  const result: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) result[name] = merged(result[name], value);
  return result;
}

function mergedByName(one: unknown[], other: unknown[]): unknown[] {
  const nameOf = (entry: unknown): string => {
    const name = (entry as { name?: unknown } | null)?.name;
    if (typeof name !== 'string') throw new Error('this stand-in merges lists of named things only');
    return name;
  };
  const left = new Map(other.map((entry) => [nameOf(entry), entry]));
  const kept = one.map((entry) => {
    const change = left.get(nameOf(entry));
    left.delete(nameOf(entry));
    return change === undefined ? entry : merged(entry, change);
  });
  return [...kept, ...left.values()];
}

function refuse(response: ServerResponse, code: number, message: string): void {
  answer(response, code, { kind: 'Status', status: 'Failure', message, code });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
