import type { Config, Environment } from '../../config/types.ts';
import { about, type Check, type Finding } from './finding.ts';

/** Whether anybody may approve. Who they are is Slack's to say. */
export function accessCheck(config: Config): Check {
  const { ok, warn, fail } = about('access');
  return {
    subject: 'access',
    async run() {
      const { approvers, responders } = config.access;
      const count = approvers.length;
      return [
        count === 0
          ? fail(
              'nobody may approve a remedy; name users or user groups under access.approvers in lifeguard.yaml',
            )
          : ok(`approvers: ${approvers.join(', ')}`),
        ...(responders === undefined ? [warn('responders are left out: every member may respond')] : []),
      ];
    },
  };
}

/** Whether Alertmanager can get in. */
export function alertmanagerCheck(environment: Environment): Check {
  const { ok, fail } = about('alertmanager');
  return {
    subject: 'alertmanager',
    run: async (): Promise<Finding[]> => [
      environment.alertmanagerToken === undefined
        ? fail(
            'ALERTMANAGER_WEBHOOK_TOKEN is not set, so every alert is refused; set it here and as the credentials of the webhook in alertmanager.yml',
          )
        : ok('ALERTMANAGER_WEBHOOK_TOKEN is set'),
    ],
  };
}
