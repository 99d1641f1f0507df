import type { Config, EscalationConfig } from './types.ts';

/** PagerDuty's integration keys are this long (Events API v2). */
const ROUTING_KEY_LENGTH = 32;

/** What a configuration allows that is hardly meant, one sentence each. */
export function warningsOf(config: Config): string[] {
  const escalations: [string, EscalationConfig][] = [
    ['escalation', config.escalation],
    ...config.pools.flatMap((pool, index): [string, EscalationConfig][] =>
      pool.escalation === undefined ? [] : [[`pools[${index}].escalation`, pool.escalation]],
    ),
  ];
  return [
    ...(config.pools.length === 0
      ? ['pools: is empty, so no alert belongs to a pool and nothing can be mended']
      : []),
    ...accessWarnings(config.access),
    ...(config.escalation.levels.length === 0 && config.pools.some((pool) => pool.escalation === undefined)
      ? ['escalation: is left out, so nobody is brought in when an incident is not taken care of']
      : []),
    ...escalations.flatMap(([path, escalation]) => keyWarnings(path, escalation)),
  ];
}

function accessWarnings({ approvers, twoPerson }: Config['access']): string[] {
  if (approvers.length === 0) return ['access.approvers: names nobody, so no remedy can be approved'];
  const oneUser = approvers.length === 1 && approvers.every((id) => !id.startsWith('S'));
  return oneUser && twoPerson.length > 0
    ? ['access.two_person: asks for two approvers, but access.approvers names only one person']
    : [];
}

function keyWarnings(path: string, { levels }: EscalationConfig): string[] {
  return levels.flatMap(({ page }, index) => {
    if (page === undefined || !('routingKey' in page)) return [];
    const keys = { routing_key: page.routingKey, fallback_routing_key: page.fallbackRoutingKey };
    return Object.entries(keys).flatMap(([key, value]) =>
      value === undefined || value.length === ROUTING_KEY_LENGTH
        ? []
        : [
            `${path}.levels[${index}].page.${key}: has ${value.length} characters; PagerDuty's keys have ${ROUTING_KEY_LENGTH}`,
          ],
    );
  });
}
