import { z } from 'zod';
import type { PageMove } from '../incident/pages.ts';
import { NotJson, readJson } from '../intake/json.ts';

/** What happened, as far as it matters to an incident; `other` is accepted and means nothing here. */
export type NoticeKind = PageMove | 'triggered' | 'ping' | 'other';

/** A webhook of PagerDuty, cut to what an incident needs. */
export interface PagerDutyNotice {
  /** The event's id: a delivery that is repeated carries the same. */
  readonly id: string;
  readonly kind: NoticeKind;
  /** The `dedup_key` of the page; absent on notes, where only `incidentId` says which incident it is. */
  readonly incidentKey?: string;
  /** PagerDuty's own id of the incident. */
  readonly incidentId?: string;
  /** Who did it, by name where PagerDuty gives one; absent when nobody did. */
  readonly by?: string;
  /** Whether `by` is a person: an event that we sent ourselves comes back with the integration as its author. */
  readonly byPerson: boolean;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly note?: string;
  /** Of an incident whose priority was set. */
  readonly priority?: string;
  /** Of the person that `by` names. */
  readonly byId?: string;
  /** Names of those it is assigned to now. */
  readonly assignees?: readonly string[];
}

/** A webhook that is not one; `field` is the path of the first thing wrong, e.g. `event.occurred_at`. */
export class WebhookError extends Error {
  readonly field: string;

  constructor(field: string, fault: string) {
    super(`${field}: ${fault}`);
    this.name = 'WebhookError';
    this.field = field;
  }
}

/** The types that are told apart (PagerDuty, "Webhooks v3", event types). */
const KINDS: ReadonlyMap<string, NoticeKind> = new Map([
  ['incident.triggered', 'triggered'],
  ['incident.acknowledged', 'acknowledged'],
  ['incident.unacknowledged', 'unacknowledged'],
  ['incident.resolved', 'resolved'],
  ['incident.reopened', 'reopened'],
  ['incident.escalated', 'escalated'],
  ['incident.reassigned', 'reassigned'],
  ['incident.delegated', 'delegated'],
  ['incident.priority_updated', 'priority_updated'],
  ['incident.annotated', 'annotated'],
  ['pagey.ping', 'ping'],
]);

const REFERENCE = z.looseObject({
  id: z.string().nullish(),
  summary: z.string().nullish(),
  type: z.string().nullish(),
});

const ENVELOPE = z.looseObject({
  event: z.looseObject({
    id: z.string().min(1),
    event_type: z.string().min(1),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: REFERENCE.nullish(),
    data: z.unknown(),
  }),
});

const INCIDENT = z.looseObject({
  id: z.string().min(1),
  incident_key: z.string().nullish(),
  assignees: z.array(REFERENCE).nullish(),
  priority: REFERENCE.nullish(),
  resolve_reason: z.looseObject({ type: z.string().nullish() }).nullish(),
});

const NOTE = z.looseObject({
  incident: z.looseObject({ id: z.string().min(1) }),
  content: z.string(),
});

type Told = Omit<PagerDutyNotice, 'id' | 'by' | 'byId' | 'byPerson' | 'at'>;

/**
 * Reads a webhook of version 3. Fields and types of event that are not known are accepted.
 * @param body the body, whose signature has been verified
 * @throws WebhookError naming the field when it is malformed
 */
export function parseWebhook(body: Buffer | string): PagerDutyNotice {
  const { event } = checked(ENVELOPE, json(body), []);
  const by = event.agent?.summary ?? event.agent?.id;
  return {
    id: event.id,
    ...toldBy(event.event_type, event.data),
    ...(by === undefined || by === null ? {} : { by }),
    ...(event.agent?.id ? { byId: event.agent.id } : {}),
    byPerson: event.agent?.type === 'user_reference',
    at: new Date(event.occurred_at).toISOString(),
  };
}

function toldBy(type: string, data: unknown): Told {
  const kind = KINDS.get(type) ?? 'other';
  if (kind === 'ping' || kind === 'other') return { kind };
  if (kind === 'annotated') {
    const { incident, content } = checked(NOTE, data, ['event', 'data']);
    return { kind, incidentId: incident.id, note: content };
  }
  const incident = checked(INCIDENT, data, ['event', 'data']);
  const names = incident.assignees?.flatMap((who) => who.summary ?? who.id ?? []);
  return {
    // An incident merged into another is closed in PagerDuty, while the trouble it stands for goes on.
    kind: kind === 'resolved' && incident.resolve_reason?.type === 'merge_resolve_reason' ? 'other' : kind,
    incidentId: incident.id,
    ...(incident.incident_key ? { incidentKey: incident.incident_key } : {}),
    ...(names === undefined ? {} : { assignees: names }),
    ...(kind === 'priority_updated' && incident.priority?.summary
      ? { priority: incident.priority.summary }
      : {}),
  };
}

function json(body: Buffer | string): unknown {
  try {
    return readJson(typeof body === 'string' ? Buffer.from(body) : body);
  } catch (error) {
    throw error instanceof NotJson ? new WebhookError('body', error.message) : error;
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, at: readonly string[]): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [...at, ...(issue?.path ?? [])].map(String).join('.');
  throw new WebhookError(field === '' ? 'body' : field, issue?.message ?? 'is malformed');
}
