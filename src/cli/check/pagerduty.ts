import { api } from '@pagerduty/pdjs';
import type { Config, Environment, EscalationConfig } from '../../config/types.ts';
import { agentTrusting, exchange } from '../../pagerduty/exchange.ts';
import { about, type Check, type Finding } from './finding.ts';

/** Integration keys of the Events API v2. */
const ROUTING_KEY = /^[0-9A-Za-z]{32}$/;

const TIMEOUT_MS = 4_000;

/** The integration keys, which cannot be tried without paging somebody, and the REST token, which can. */
export function pagerdutyChecks(config: Config, environment: Environment): Check[] {
  const { apiToken, apiServer } = environment.pagerduty;
  return [
    { subject: 'pagerduty', run: async () => checkKeys(config, apiToken !== undefined) },
    ...(apiToken === undefined
      ? []
      : [{ subject: 'pagerduty rest', run: () => checkToken(apiServer, apiToken) }]),
  ];
}

function checkKeys(config: Config, hasRest: boolean): Finding[] {
  const { ok, warn, fail } = about('pagerduty');
  const escalations: [string, EscalationConfig][] = [
    ['escalation', config.escalation],
    ...config.pools.flatMap((pool, index): [string, EscalationConfig][] =>
      pool.escalation === undefined ? [] : [[`pools[${index}].escalation`, pool.escalation]],
    ),
  ];
  let pages = 0;
  const findings: Finding[] = [];
  for (const [path, { levels }] of escalations) {
    for (const [index, { page }] of levels.entries()) {
      if (page === undefined) continue;
      pages += 1;
      const place = `${path}.levels[${index}].page`;
      if ('escalationLevel' in page) {
        if (!hasRest) findings.push(fail(`${place}.escalation_level needs PAGERDUTY_API_TOKEN; set it`));
        continue;
      }
      for (const [name, key] of [
        ['routing_key', page.routingKey],
        ['fallback_routing_key', page.fallbackRoutingKey],
      ] as const) {
        if (key === undefined || ROUTING_KEY.test(key)) continue;
        findings.push(
          fail(
            `${place}.${name} is no integration key: they have 32 letters and digits; copy it from the service's Integrations, Events API V2`,
          ),
        );
      }
    }
  }
  if (findings.length > 0) return findings;
  if (pages === 0) return [warn('no level pages anybody; add page: { routing_key } to the levels')];
  return [
    ok(
      `${pages} ${pages === 1 ? 'level pages' : 'levels page'}; keys have the right shape (trying them would page)`,
    ),
  ];
}

async function checkToken(server: string, token: string): Promise<Finding[]> {
  const { ok, fail } = about('pagerduty rest');
  const answer = await exchange(
    (options) => api({ method: 'GET', endpoint: '/abilities', server, token, ...options }),
    agentTrusting(),
    TIMEOUT_MS,
  );
  if (answer.kind === 'silence') return [fail(`${server} ${answer.message}`)];
  if (answer.status === 200) return [ok(`${server} takes the token`)];
  if (answer.status === 401) {
    return [fail('PAGERDUTY_API_TOKEN is refused; make one under Integrations, API Access Keys')];
  }
  return [fail(`${server} answered ${answer.status}`)];
}
