import { CheckFailure } from '../../checks/check.ts';
import type { RestartConfig } from '../../config/types.ts';
import { findContainer } from '../../remedies/executors/docker.ts';
import { readDeployment } from '../../remedies/executors/kubernetes.ts';
import { about, type Check } from './finding.ts';

/** Whether what a restart is aimed at is there. Nothing is restarted, and a webhook is not called. */
export function restartCheck(pool: string, way: RestartConfig): Check {
  const subject = `pool ${pool} restart`;
  const { ok, fail } = about(subject);
  return {
    subject,
    async run() {
      try {
        return [ok(await foundBy(way))];
      } catch (error) {
        if (!(error instanceof CheckFailure)) throw error;
        return [fail(error.mend === undefined ? error.message : `${error.message}; ${error.mend}`)];
      }
    },
  };
}

async function foundBy(way: RestartConfig): Promise<string> {
  if ('docker' in way) {
    const { name, status } = await findContainer(way.docker);
    return `the container ${name} is there (${status})`;
  }
  if ('kubernetes' in way) {
    const { ready, replicas } = await readDeployment(way.kubernetes, 'restart.kubernetes');
    return `the deployment ${way.kubernetes.deployment} is there (${ready} of ${replicas} ready); the right to patch it shows only when it is used`;
  }
  return `the webhook at ${new URL(way.webhook.url).host}, which is not called before it is needed`;
}
