import type { Policy } from '../incident/policy.ts';
import type { Config, EscalationConfig, PoolConfig } from './types.ts';

/**
 * The pool that an alert belongs to: all labels of its `match` are equal. Where several fit, the one with
 * most labels has it, and of those with as many the first in the file.
 */
export function poolFor(config: Config, labels: Readonly<Record<string, string>>): PoolConfig | undefined {
  let best: PoolConfig | undefined;
  for (const pool of config.pools) {
    const wanted = Object.entries(pool.match);
    const fits = wanted.every(([name, value]) => labels[name] === value);
    if (fits && (best === undefined || wanted.length > Object.keys(best.match).length)) best = pool;
  }
  return best;
}

/** The escalation in force for a pool (by name): its own, or else the one of all. */
export function escalationFor(config: Config, pool?: string): EscalationConfig {
  return poolNamed(config, pool)?.escalation ?? config.escalation;
}

/** The diagnosis of a pool: its runbook's steps and follow-ups, and what ranks the causes. */
export type Diagnosis = { readonly steps: readonly number[] } & Pick<Policy, 'diagnose' | 'relatedAlerts'> &
  Pick<NonNullable<Policy['pool']>, 'followUps'>;

/**
 * The rules by which incidents of a pool (by name) are decided; without a pool, those of alerts that match
 * none.
 *
 * @param diagnosis without one no step runs, and nobody names a cause but people
 */
export function policyFor(config: Config, pool?: string, diagnosis: Diagnosis = { steps: [] }): Policy {
  const found = poolNamed(config, pool);
  const { levels, ...escalation } = escalationFor(config, pool);
  return {
    access: config.access,
    escalation: {
      ...escalation,
      levels: levels.map(({ page, ...level }) => ({
        ...level,
        pages: page !== undefined,
        ...(page !== undefined && 'routingKey' in page && page.fallbackRoutingKey !== undefined
          ? { hasFallback: true }
          : {}),
      })),
    },
    reopenWithinMs: config.reopenWithinMs,
    channel: found?.channel ?? config.slack.channel,
    ...(found === undefined
      ? {}
      : {
          pool: {
            name: found.name,
            threshold: found.threshold,
            steps: diagnosis.steps,
            verify: found.verify,
            ...(diagnosis.followUps === undefined ? {} : { followUps: diagnosis.followUps }),
          },
          ...(diagnosis.diagnose === undefined ? {} : { diagnose: diagnosis.diagnose }),
          ...(diagnosis.relatedAlerts === undefined ? {} : { relatedAlerts: diagnosis.relatedAlerts }),
        }),
  };
}

/** The Slack user groups that the access rules name, each once. */
export function groupsIn(config: Config): string[] {
  const { responders = [], approvers } = config.access;
  return [...new Set([...responders, ...approvers])].filter((id) => id.startsWith('S'));
}

function poolNamed(config: Config, name: string | undefined): PoolConfig | undefined {
  return name === undefined ? undefined : config.pools.find((pool) => pool.name === name);
}
