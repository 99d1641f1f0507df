import { secretsOf } from '../config/index.ts';
import { createMasker } from '../observe/mask.ts';
import { type Check, lineOf, runChecks } from './check/finding.ts';
import { pagerdutyChecks } from './check/pagerduty.ts';
import { accessCheck, alertmanagerCheck } from './check/people.ts';
import { poolChecks } from './check/pools.ts';
import { queueCheck } from './check/queue.ts';
import { slackChecks } from './check/slack.ts';
import { storeCheck } from './check/store.ts';
import { tracesChecks } from './check/traces.ts';
import { readConfiguration } from './configuration.ts';
import { loggerFor } from './logger.ts';

/**
 * `lifeguard check`: tries every connection, Slack scope and database grant that the configuration
 * needs, and prints one line each, with the statement that mends it. Changes nothing and pages nobody.
 *
 * @returns the exit code: 0 fine, 1 when a check failed, 2 when the configuration is faulty
 */
export async function check(): Promise<number> {
  const loaded = readConfiguration();
  if (loaded === undefined) return 2;
  const { config, environment } = loaded;
  // What Slack's client says of itself would stand between the lines.
  const log = loggerFor(config, { ...environment, logLevel: 'silent' });
  const checks: Check[] = [
    storeCheck(environment),
    queueCheck(environment),
    ...slackChecks(config, environment, log),
    alertmanagerCheck(environment),
    accessCheck(config),
    ...poolChecks(config, environment, process.cwd()),
    ...pagerdutyChecks(config, environment),
    ...tracesChecks(environment),
  ];
  console.log('ok    configuration: no faults');
  const mask = createMasker(secretsOf(environment, config));
  const findings = await runChecks(checks);
  for (const finding of findings) console.log(lineOf(finding, mask));
  return findings.some((finding) => finding.level === 'FAIL') ? 1 : 0;
}
