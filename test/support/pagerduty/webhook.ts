import { createHmac, randomUUID } from 'node:crypto';

/** What a webhook tells; everything else is filled in as PagerDuty does. */
export interface WebhookEvent {
  /** e.g. `incident.acknowledged` */
  readonly type: string;
  readonly id?: string;
  readonly occurredAt?: string;
  /** Who did it; left out: a person called Ada Byron; `null`: nobody. */
  readonly agent?: Readonly<Record<string, unknown>> | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The body of a webhook, as PagerDuty writes it (developer documentation, "Webhooks v3"). */
export function webhookBody(event: WebhookEvent): string {
  return JSON.stringify({
    event: {
      id: event.id ?? randomUUID(),
      event_type: event.type,
      resource_type: event.type.split('.', 1)[0],
      occurred_at: event.occurredAt ?? '2026-10-02T18:45:22.169Z',
      agent:
        event.agent === undefined
          ? {
              html_url: 'https://acme.pagerduty.com/users/PADA',
              id: 'PADA',
              self: 'https://api.pagerduty.com/users/PADA',
              summary: 'Ada Byron',
              type: 'user_reference',
            }
          : event.agent,
      client: null,
      data: event.data,
    },
  });
}

/** `event.data` of an incident. */
export function incidentData(incident: {
  readonly id: string;
  readonly incidentKey: string;
  readonly status?: string;
  readonly assignees?: readonly string[];
}): Record<string, unknown> {
  return {
    id: incident.id,
    type: 'incident',
    self: `https://api.pagerduty.com/incidents/${incident.id}`,
    html_url: `https://acme.pagerduty.com/incidents/${incident.id}`,
    number: 2,
    status: incident.status ?? 'triggered',
    incident_key: incident.incidentKey,
    created_at: '2026-10-02T18:40:00Z',
    title: 'Connection pool orders is exhausted',
    assignees: (incident.assignees ?? []).map((summary) => ({
      id: `P${summary.toUpperCase()}`,
      summary,
      type: 'user_reference',
    })),
    urgency: 'high',
    resolve_reason: null,
  };
}

/** `event.data` of a note on an incident, which does not carry the incident's key. */
export function noteData(incidentId: string, content: string): Record<string, unknown> {
  return {
    incident: { id: incidentId, summary: 'Connection pool orders is exhausted', type: 'incident_reference' },
    id: 'PNOTE1',
    content,
    trimmed: false,
    type: 'incident_note',
  };
}

/** The value of `X-PagerDuty-Signature`: one signature a secret, as during a rotation. */
export function signatures(body: string, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`).join(',');
}

/**
 * Sends a webhook as PagerDuty does.
 * @param secrets it is signed with each of them
 */
export async function sendWebhook(
  url: string,
  secrets: readonly string[],
  event: WebhookEvent,
): Promise<Response> {
  const body = webhookBody(event);
  return fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'PagerDuty-Webhook/V3.0',
      'X-PagerDuty-Signature': signatures(body, secrets),
      'X-Webhook-Id': randomUUID(),
    },
    body,
  });
}
