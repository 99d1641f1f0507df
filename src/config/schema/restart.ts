import type { RestartConfig } from '../types.ts';
import { exactlyOne, noneOf, section, strict } from './strict.ts';
import { dockerContainer, kubernetesName, webhookSchema } from './targets.ts';

const WAYS = ['docker', 'kubernetes', 'webhook'] as const;

const deploymentSchema = section(
  {
    namespace: kubernetesName().describe('Namespace of the deployment.'),
    deployment: kubernetesName().describe('Name of the deployment.'),
  },
  {},
);

/** `pools[].restart`: how the application is restarted. */
export const restartSchema = exactlyOne(
  strict({
    docker: dockerContainer()
      .optional()
      .describe('Name or id of a container, restarted by the Docker Engine API.'),
    kubernetes: deploymentSchema
      .optional()
      .describe('A deployment, restarted as `kubectl rollout restart` does.'),
    webhook: webhookSchema.optional().describe('A signed request to a server that restarts the application.'),
  }),
  WAYS,
).transform(({ docker, kubernetes, webhook }, context): RestartConfig => {
  if (docker !== undefined) return { docker };
  if (kubernetes !== undefined) return { kubernetes };
  if (webhook !== undefined) return { webhook };
  return noneOf(context, WAYS);
});
