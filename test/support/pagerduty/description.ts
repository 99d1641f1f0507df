import { z } from 'zod';
import type { Call } from '../../../src/console/pager/call.ts';

/**
 * The requests that Lifeguard makes, as PagerDuty's own OpenAPI descriptions have them: written down by
 * hand from `reference/REST/openapiv3.json` and `reference/events-v2/openapiv3.json` of the repository
 * PagerDuty/api-schema, seen in November 2026. That states no licence, so no part of it is copied here.
 * Stricter in one thing: what the description does not have is refused.
 */

const text = z.string();
const url = z.url();
const whole = z.string().regex(/^\d+$/);
const many = z.array(z.string()).refine((all) => new Set(all).size === all.length, 'must be unique');

const LINK = z.strictObject({ href: url, text: text.optional() });
const IMAGE = z.strictObject({ src: url, href: url.optional(), alt: text.optional() });

const PAYLOAD = z.strictObject({
  summary: text,
  source: text,
  severity: z.enum(['critical', 'warning', 'error', 'info']),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: text.optional(),
  group: text.optional(),
  class: text.optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
});

/** createV2Event; `dedup_key` is required unless the action is `trigger`. */
const ENQUEUE = z
  .strictObject({
    routing_key: text,
    event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
    dedup_key: text.optional(),
    payload: PAYLOAD.optional(),
    client: text.optional(),
    client_url: url.optional(),
    links: z.array(LINK).optional(),
    images: z.array(IMAGE).optional(),
  })
  .refine(({ event_action: action, dedup_key: key }) => action === 'trigger' || key !== undefined);

const USER_REFERENCE = z.strictObject({ id: text, type: z.literal('user_reference') });

/** updateIncident, without the parts of other products. */
const UPDATE = z.strictObject({
  incident: z.strictObject({
    type: z.enum(['incident', 'incident_reference']),
    status: z.enum(['resolved', 'acknowledged', 'triggered']).optional(),
    title: text.optional(),
    resolution: text.optional(),
    escalation_level: z.int().optional(),
    assignments: z.array(z.strictObject({ assignee: USER_REFERENCE })).optional(),
    urgency: z.enum(['high', 'low']).optional(),
  }),
});

/** createIncidentNote */
const NOTE = z.strictObject({ note: z.strictObject({ content: text }) });

const PAGED = {
  limit: whole.optional(),
  offset: whole.optional(),
  total: z.enum(['true', 'false']).optional(),
};

/** listIncidents */
const INCIDENTS = z.strictObject({
  ...PAGED,
  date_range: z.literal('all').optional(),
  incident_key: text.optional(),
  'service_ids[]': many.optional(),
  'team_ids[]': many.optional(),
  'user_ids[]': many.optional(),
  'urgencies[]': z.array(z.enum(['high', 'low'])).optional(),
  'statuses[]': z.array(z.enum(['triggered', 'acknowledged', 'resolved'])).optional(),
  time_zone: text.optional(),
  sort_by: text.optional(),
  since: text.optional(),
  until: text.optional(),
});

/** listOnCalls */
const ONCALLS = z.strictObject({
  ...PAGED,
  time_zone: text.optional(),
  'include[]': z.array(z.enum(['escalation_policies', 'users', 'schedules'])).optional(),
  'user_ids[]': many.optional(),
  'escalation_policy_ids[]': many.optional(),
  'schedule_ids[]': many.optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  earliest: z.enum(['true', 'false']).optional(),
});

/** listServices */
const SERVICES = z.strictObject({
  ...PAGED,
  query: text.optional(),
  name: text.optional(),
  'team_ids[]': many.optional(),
  time_zone: text.optional(),
  sort_by: z.enum(['name', 'name:asc', 'name:desc']).optional(),
  'include[]': z
    .array(z.enum(['escalation_policies', 'teams', 'integrations', 'auto_pause_notifications_parameters']))
    .optional(),
});

/** listUsers */
const USERS = z.strictObject({
  ...PAGED,
  query: text.optional(),
  'team_ids[]': many.optional(),
  'include[]': z.array(z.enum(['contact_methods', 'notification_rules', 'teams', 'subdomains'])).optional(),
});

const NOTHING = z.strictObject({});

interface Operation {
  readonly method: string;
  readonly path: RegExp;
  readonly query: z.ZodType;
  readonly body?: z.ZodType;
  /** Its author must be named in `From`. */
  readonly from?: boolean;
}

/** Every operation by its `operationId`. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  createV2Event: { method: 'POST', path: /^\/v2\/enqueue$/, query: NOTHING, body: ENQUEUE },
  listIncidents: { method: 'GET', path: /^\/incidents$/, query: INCIDENTS },
  getIncident: { method: 'GET', path: /^\/incidents\/[^/]+$/, query: NOTHING },
  updateIncident: { method: 'PUT', path: /^\/incidents\/[^/]+$/, query: NOTHING, body: UPDATE, from: true },
  listIncidentNotes: { method: 'GET', path: /^\/incidents\/[^/]+\/notes$/, query: NOTHING },
  createIncidentNote: {
    method: 'POST',
    path: /^\/incidents\/[^/]+\/notes$/,
    query: NOTHING,
    body: NOTE,
    from: true,
  },
  listOnCalls: { method: 'GET', path: /^\/oncalls$/, query: ONCALLS },
  listServices: { method: 'GET', path: /^\/services$/, query: SERVICES },
  listUsers: { method: 'GET', path: /^\/users$/, query: USERS },
  listAbilities: { method: 'GET', path: /^\/abilities$/, query: NOTHING },
};

/** The operation that a request asks for. @throws Error when there is none, or the request is not as described */
export function operationOf(call: Call): string {
  const found = Object.entries(OPERATIONS).find(
    ([, { method, path }]) => method === call.method && path.test(call.path),
  );
  if (found === undefined) throw new Error(`PagerDuty describes no ${call.method} ${call.path}`);
  const [name, { query, body, from }] = found;
  query.parse(queryOf(call.query));
  if (body !== undefined) body.parse(JSON.parse(call.body.toString('utf8')));
  else if (call.body.length > 0) throw new Error(`${name} takes no body`);
  if (name === 'createV2Event') return name;
  z.object({
    accept: z.literal('application/vnd.pagerduty+json;version=2'),
    'content-type': z.string().regex(/^application\/json\b/),
    authorization: z.string().regex(/^Token token=\S+$/),
    ...(from === true ? { from: z.email() } : {}),
  }).parse(call.headers);
  return name;
}

/** Names that end in `[]` are lists, however many there are; others are given once. */
function queryOf(query: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...new Set(query.keys())].map((key) => {
      const all = query.getAll(key);
      return [key, key.endsWith('[]') || all.length > 1 ? all : all[0]];
    }),
  );
}
