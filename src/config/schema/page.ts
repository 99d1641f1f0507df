import type { z } from 'zod';
import type { PageConfig, RoutedPage } from '../types.ts';
import { number, secret } from './fields.ts';
import { exactlyOne, noneOf, section, strict } from './strict.ts';

const WAYS = ['routing_key', 'escalation_level'] as const;

/** Higher than the escalation policies of PagerDuty go. */
const HIGHEST_LEVEL = 20;

function routingKey() {
  return secret('a PagerDuty routing key (the integration key of an Events API v2 integration)');
}

const ROUTING_KEY = 'Integration key of a PagerDuty service (Events API v2), 32 characters; best as ${NAME}.';
const FALLBACK = 'A second key, tried when PagerDuty has not taken the page within a minute.';

/** `page` of a level: by a key, or by moving the incident of a level before. */
export const pageSchema = exactlyOne(
  strict({
    routing_key: routingKey().optional().describe(ROUTING_KEY),
    fallback_routing_key: routingKey().optional().describe(FALLBACK),
    escalation_level: number({ what: 'an escalation level', least: 1, most: HIGHEST_LEVEL, whole: true })
      .optional()
      .describe(
        'Instead of a key: the level of the PagerDuty escalation policy to which the incident paged by a level before is moved (REST: PAGERDUTY_API_TOKEN).',
      ),
  }),
  WAYS,
).transform(({ routing_key, fallback_routing_key, escalation_level }, context): PageConfig => {
  if (routing_key !== undefined) return routed(routing_key, fallback_routing_key);
  if (escalation_level !== undefined) return { escalationLevel: escalation_level };
  return noneOf(context, WAYS);
});

/** A page about Lifeguard itself: there is no incident to be moved. */
export const routedPageSchema = section(
  {
    routing_key: routingKey().describe(ROUTING_KEY),
    fallback_routing_key: routingKey().optional().describe(FALLBACK),
  },
  { routing_key: 'routingKey', fallback_routing_key: 'fallbackRoutingKey' },
) satisfies z.ZodType<RoutedPage>;

function routed(routingKey: string, fallbackRoutingKey: string | undefined): RoutedPage {
  return fallbackRoutingKey === undefined ? { routingKey } : { routingKey, fallbackRoutingKey };
}
