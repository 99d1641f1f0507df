import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Secret, Service } from 'kubernetes-types/core/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import type { Role } from 'kubernetes-types/rbac/v1.d.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'deploy/kubernetes');

/** A process that was told to end has ended by then: `src/cli/serve.ts`. */
const DRAIN_SECONDS = 10;

interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string };
}

/** The objects of a file, by their kinds. */
async function objectsOf(file: string): Promise<AnyObject[]> {
  const documents = parseAllDocuments(await readFile(join(FOLDER, file), 'utf8'));
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS({ maxAliasCount: 100 }) as AnyObject;
  });
}

async function one<T>(file: string, kind: string): Promise<T> {
  const found = (await objectsOf(file)).filter((object) => object.kind === kind);
  expect(found, `${kind} in ${file}`).toHaveLength(1);
  return found[0] as T;
}

const FILES = ['namespace', 'account', 'application-rights', 'secret.example', 'web', 'worker', 'network'];

/** The modules of `kubernetes-types`, by the API's version. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'policy/v1': 'policy/v1',
  'networking.k8s.io/v1': 'networking/v1',
  'rbac.authorization.k8s.io/v1': 'rbac/v1',
};

describe('the manifests for Kubernetes', () => {
  test('have no field that Kubernetes does not know, nor one of another type', async () => {
    const objects = (await Promise.all(FILES.map((file) => objectsOf(`${file}.yaml`)))).flat();
    expect(await faultsOf(objects)).toBe('');
    const [deployment] = await objectsOf('web.yaml');
    const typo = JSON.stringify(deployment).replace('"readinessProbe"', '"readinesProbe"');
    expect(await faultsOf([JSON.parse(typo)])).toContain(
      "'\"readinesProbe\"' does not exist in type 'Container'",
    );
  });

  test('are all named by the kustomization, but for what is applied by itself', async () => {
    const { resources, configMapGenerator } = parse(
      await readFile(join(FOLDER, 'kustomization.yaml'), 'utf8'),
    );
    const alone = ['application-rights.yaml', 'secret.example.yaml'];
    expect([...resources, ...alone].toSorted()).toEqual(FILES.map((file) => `${file}.yaml`).toSorted());
    expect(configMapGenerator).toEqual([{ name: 'lifeguard', files: ['lifeguard.yaml'] }]);
  });

  test.each(['web', 'worker'])('%s: two pods with no privilege, that write nothing', async (role) => {
    const { spec } = await one<Deployment>(`${role}.yaml`, 'Deployment');
    expect(spec?.replicas).toBe(2);
    expect(spec?.strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    const pod = spec?.template.spec;
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(key);
    expect(pod?.topologySpreadConstraints?.[0]).toMatchObject({
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: spec?.template.metadata?.labels },
    });
    expect(spec?.selector.matchLabels).toEqual(spec?.template.metadata?.labels);
    expect(pod?.containers).toHaveLength(1);
    const [container] = pod?.containers ?? [];
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(container?.resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    });
    expect(container?.env).toContainEqual({ name: 'LIFEGUARD_ROLE', value: role });
    for (const volume of pod?.volumes ?? []) expect(volume.hostPath).toBeUndefined();
    expect(container?.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container?.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    // With Slack among the reasons all pods would be taken out of service, and alerts refused, while Slack is down.
    expect(container?.readinessProbe?.httpGet).toEqual({
      path: '/readyz?exclude=slack&exclude=queue',
      port: 'http',
    });
  });

  test.each(['web', 'worker'])('%s: has the time to finish what it took in', async (role) => {
    const { spec } = await one<Deployment>(`${role}.yaml`, 'Deployment');
    const pod = spec?.template.spec;
    const [, before = '0'] = pod?.containers[0]?.lifecycle?.preStop?.exec?.command ?? [];
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(before) + DRAIN_SECONDS + 5);
    // A request that a node still sends to a pod that is going meets one that listens.
    if (role === 'web') expect(Number(before)).toBeGreaterThanOrEqual(5);
  });

  test.each(['web', 'worker'])('%s: a node that is drained leaves one of the two', async (role) => {
    const { spec } = await one<PodDisruptionBudget>(`${role}.yaml`, 'PodDisruptionBudget');
    const deployment = await one<Deployment>(`${role}.yaml`, 'Deployment');
    expect(spec).toEqual({ maxUnavailable: 1, selector: deployment.spec?.selector });
  });

  test('requests go to the pods that take them', async () => {
    const { spec } = await one<Service>('web.yaml', 'Service');
    const deployment = await one<Deployment>('web.yaml', 'Deployment');
    expect(spec?.selector).toEqual(deployment.spec?.template.metadata?.labels);
    expect(deployment.spec?.template.spec?.containers[0]?.ports).toContainEqual({
      name: spec?.ports?.[0]?.targetPort,
      containerPort: 3000,
    });
  });

  test('to an application it may do what a remedy and the check of its log need, and no more', async () => {
    const { rules, metadata } = await one<Role>('application-rights.yaml', 'Role');
    expect(metadata?.namespace).toBe('shop');
    expect(rules).toEqual([
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['orders'], verbs: ['get', 'patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ]);
  });

  test('the configuration is one that Lifeguard takes, with the variables of the example secret', async () => {
    const { stringData } = await one<Secret>('secret.example.yaml', 'Secret');
    const { spec } = await one<Deployment>('worker.yaml', 'Deployment');
    const own = spec?.template.spec?.containers[0]?.env ?? [];
    const env = { ...stringData, ...Object.fromEntries(own.map(({ name, value }) => [name, value])) };
    const text = await readFile(join(FOLDER, 'lifeguard.yaml'), 'utf8');
    const { config, environment, warnings } = loadConfig({
      env,
      cwd: '/app',
      readFile: (path) => {
        expect(path).toBe('/etc/lifeguard/lifeguard.yaml');
        return text;
      },
    });
    expect(warnings).toEqual([]);
    expect(environment.role).toBe('worker');
    expect(config.pools.map(({ name }) => name)).toEqual(['orders']);
  });
});

/** What the compiler says of objects that claim to be what their kind says; nothing when they are. */
async function faultsOf(objects: readonly AnyObject[]): Promise<string> {
  const lines = objects.map((object, index) => {
    const module = MODULES[object.apiVersion];
    if (module === undefined) throw new Error(`no types of ${object.apiVersion} are known here`);
    return `import type { ${object.kind} as Kind${index} } from 'kubernetes-types/${module}.js';
export const object${index}: Kind${index} = ${JSON.stringify(object)};`;
  });
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-kinds-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'objects.ts'), lines.join('\n'));
  const args = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    '',
  ];
  return run(join(ROOT, 'node_modules/.bin/tsc'), [...args, 'objects.ts'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
}
