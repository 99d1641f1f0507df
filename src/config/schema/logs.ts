import type { LogsConfig } from '../types.ts';
import { formed, number, text, webUrl } from './fields.ts';
import { REACH_NAMES, reach } from './outward.ts';
import { SIGN_IN_KEYS, SIGN_IN_NAMES, signIn } from './prometheus.ts';
import { atMostOne, exactlyOne, noneOf, renamed, section, strict } from './strict.ts';
import { dockerContainer, kubernetesName } from './targets.ts';

const lokiSchema = atMostOne(
  strict({
    url: webUrl().describe('Address of the Loki server.'),
    query: text('a LogQL query').describe('LogQL: selects the application’s lines, such as {app="orders"}.'),
    tenant: text('a tenant').optional().describe('Sent as X-Scope-OrgID, where Loki serves several tenants.'),
    ...reach,
    ...signIn,
  }),
  SIGN_IN_KEYS,
).transform((value) => renamed(value, { ...REACH_NAMES, ...SIGN_IN_NAMES }));

const kubernetesLogsSchema = section(
  {
    namespace: kubernetesName().describe('Namespace of the pods.'),
    selector: text('a label selector').describe('Label selector of the pods, such as app=orders.'),
    container: kubernetesName().optional().describe('The container to read, where a pod has several.'),
  },
  {},
);

const SOURCES = ['docker', 'loki', 'kubernetes', 'file'] as const;

/** `pools[].logs`: where the application's log is read. */
export const logsSchema = exactlyOne(
  strict({
    docker: dockerContainer()
      .optional()
      .describe('Name or id of a container, read by the Docker Engine API.'),
    loki: lokiSchema.optional().describe('A Loki server and a query.'),
    kubernetes: kubernetesLogsSchema.optional().describe('Pods, by namespace and label selector.'),
    file: formed(/^[^\0]+$/, 'must be the path of a file')
      .optional()
      .describe('Path of a log file on this machine.'),
    lines: number({ what: 'a number of lines', least: 1, most: 10_000, whole: true })
      .prefault(500)
      .describe('How many of the last lines are searched.'),
  }),
  SOURCES,
).transform(({ docker, loki, kubernetes, file, lines }, context): LogsConfig => {
  if (docker !== undefined) return { docker, lines };
  if (loki !== undefined) return { loki, lines };
  if (kubernetes !== undefined) return { kubernetes, lines };
  if (file !== undefined) return { file, lines };
  return noneOf(context, SOURCES);
});
