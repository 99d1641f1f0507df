import { randomUUID } from 'node:crypto';
import { api } from '@pagerduty/pdjs';
import type { Config, Environment, EscalationConfig, RoutedPage } from '../../config/types.ts';
import { createEvents, type Events } from '../../pagerduty/events.ts';
import { agentTrusting, exchange } from '../../pagerduty/exchange.ts';
import { about, type Check, type Finding } from './finding.ts';

/** Integration keys of the Events API v2. */
const ROUTING_KEY = /^[0-9A-Za-z]{32}$/;

const TIMEOUT_MS = 4_000;

/** The integration keys, tried without paging anybody, and the REST token. */
export function pagerdutyChecks(config: Config, environment: Environment): Check[] {
  const { apiToken, apiServer, eventsServer } = environment.pagerduty;
  return [
    { subject: 'pagerduty', run: () => checkKeys(config, eventsServer, apiToken !== undefined) },
    ...(apiToken === undefined
      ? []
      : [{ subject: 'pagerduty rest', run: () => checkToken(apiServer, apiToken) }]),
  ];
}

/** A key and every place of the configuration that names it. */
interface UsedKey {
  readonly key: string;
  readonly places: string[];
}

async function checkKeys(config: Config, server: string, hasRest: boolean): Promise<Finding[]> {
  const { ok, warn, fail } = about('pagerduty');
  const { keys, moves, pages } = pagesOf(config);
  const findings = hasRest
    ? []
    : moves.map((place) => fail(`${place}.escalation_level needs PAGERDUTY_API_TOKEN; set it`));
  const events = createEvents({ server, timeoutMs: TIMEOUT_MS });
  const tried = await Promise.all(keys.map((used) => checkKey(events, used)));
  findings.push(...tried.flat());
  if (findings.length > 0) return findings;
  if (pages === 0) return [warn('no level pages anybody; add page: { routing_key } to the levels')];
  return [
    ok(
      `${pages} ${pages === 1 ? 'level pages' : 'levels page'}; ${server} knows the keys (nobody was paged)`,
    ),
  ];
}

/**
 * A resolve of a page that never was: PagerDuty answers 400 to a key that it does not know, and drops what
 * it takes, since no alert is open under that `dedup_key` (Events API v2, "Alert de-duplication").
 */
async function checkKey(events: Events, { key, places }: UsedKey): Promise<Finding[]> {
  const { warn, fail } = about('pagerduty');
  const [where = '', ...others] = places;
  const place = others.length === 0 ? where : `${where} and ${others.join(', ')}`;
  const mend = "copy it from the service's Integrations, Events API V2";
  if (!ROUTING_KEY.test(key)) {
    return [fail(`${place} is no integration key: they have 32 letters and digits; ${mend}`)];
  }
  const dedupKey = `lifeguard-check-${randomUUID()}`;
  const outcome = await events.send({ action: 'resolve', routingKey: key, dedupKey });
  if (outcome.kind === 'accepted') return [];
  return outcome.kind === 'refused'
    ? [fail(`${place}: ${outcome.message}; ${mend}`)]
    : [warn(`${place} could not be tried: ${outcome.message}`)];
}

/** Every key that pages, with its places; levels are named as people call them. */
function pagesOf(config: Config) {
  const escalations: [string, EscalationConfig][] = [
    ['escalation', config.escalation],
    ...config.pools.flatMap((pool, index): [string, EscalationConfig][] =>
      pool.escalation === undefined ? [] : [[`pools[${index}].escalation`, pool.escalation]],
    ),
  ];
  const keys = new Map<string, UsedKey>();
  const moves: string[] = [];
  let pages = 0;
  const use = (page: RoutedPage, place: string, whose: string): void => {
    for (const [name, key] of [
      ['routing_key', page.routingKey],
      ['fallback_routing_key', page.fallbackRoutingKey],
    ] as const) {
      if (key === undefined) continue;
      const used = keys.get(key) ?? { key, places: [] };
      keys.set(key, used);
      used.places.push(`${place}.${name}${whose}`);
    }
  };
  for (const [path, { levels }] of escalations) {
    for (const [index, { page, name }] of levels.entries()) {
      if (page === undefined) continue;
      pages += 1;
      const place = `${path}.levels[${index}].page`;
      if ('escalationLevel' in page) moves.push(place);
      else use(page, place, ` (level ${index + 1}, ${name})`);
    }
  }
  if (config.watchdog?.page !== undefined) use(config.watchdog.page, 'watchdog.page', '');
  return { keys: [...keys.values()], moves, pages };
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
