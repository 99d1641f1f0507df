import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWebhook, WebhookError } from '../../src/pagerduty/webhook.ts';
import { runs } from '../support/fuzz.ts';
import { incidentData, noteData, webhookBody } from '../support/pagerduty/webhook.ts';

const INCIDENT = incidentData({ id: 'PGR0VU2', incidentKey: 'incident-1/L1', assignees: ['Grace'] });

/** What the parser says is wrong, or nothing. */
function fault(body: string): string | undefined {
  try {
    parseWebhook(body);
    return undefined;
  } catch (error) {
    if (error instanceof WebhookError) return error.field;
    throw error;
  }
}

/** A sound body with one field of the event replaced; `undefined` removes it. */
function withField(field: string, value: unknown): string {
  const body = JSON.parse(webhookBody({ type: 'incident.acknowledged', data: INCIDENT }));
  return JSON.stringify({ event: { ...body.event, [field]: value } });
}

describe('a webhook', () => {
  it.each([
    'triggered',
    'acknowledged',
    'unacknowledged',
    'resolved',
    'reopened',
    'escalated',
    'reassigned',
    'delegated',
    'priority_updated',
  ])('incident.%s tells what happened, to which incident, by whom and when', (kind) => {
    const body = webhookBody({ type: `incident.${kind}`, id: '01EVENT', data: INCIDENT });
    expect(parseWebhook(Buffer.from(body))).toEqual({
      id: '01EVENT',
      kind,
      incidentKey: 'incident-1/L1',
      incidentId: 'PGR0VU2',
      by: 'Ada Byron',
      byId: 'PADA',
      byPerson: true,
      at: '2026-10-02T18:45:22.169Z',
      assignees: ['Grace'],
    });
  });

  it('of a note has the note and the id of its incident', () => {
    const body = webhookBody({ type: 'incident.annotated', data: noteData('PGR0VU2', 'Failing over') });
    expect(parseWebhook(body)).toMatchObject({
      kind: 'annotated',
      incidentId: 'PGR0VU2',
      note: 'Failing over',
    });
    expect(parseWebhook(body)).not.toHaveProperty('incidentKey');
  });

  it('of the button that tests a subscription is a ping', () => {
    // As PagerDuty sends it: an agent without a name, and data that is no incident.
    const body = webhookBody({
      type: 'pagey.ping',
      agent: { id: 'PVE0ZR9', type: 'user_reference' },
      data: { message: 'Hello from your friend Pagey!', type: 'ping' },
    });
    expect(parseWebhook(body)).toMatchObject({ kind: 'ping', by: 'PVE0ZR9' });
  });

  it.each(['incident.workflow.started', 'service.updated', 'incident.responder.added', 'something.new'])(
    '%s is accepted as other, whatever its data',
    (type) => {
      expect(parseWebhook(webhookBody({ type, data: { id: 7 } }))).toMatchObject({ kind: 'other' });
    },
  );

  it('of our own event is by the integration, not by a person', () => {
    const agent = { id: 'PINTEG', summary: 'Lifeguard', type: 'events_api_v2_inbound_integration_reference' };
    const body = webhookBody({ type: 'incident.acknowledged', agent, data: INCIDENT });
    expect(parseWebhook(body)).toMatchObject({ by: 'Lifeguard', byPerson: false });
    const nobody = parseWebhook(
      webhookBody({ type: 'incident.unacknowledged', agent: null, data: INCIDENT }),
    );
    expect(nobody).toMatchObject({ byPerson: false });
    expect(nobody).not.toHaveProperty('by');
  });

  it('of an incident that was merged into another does not count as resolved', () => {
    const data = { ...INCIDENT, status: 'resolved', resolve_reason: { type: 'merge_resolve_reason' } };
    expect(parseWebhook(webhookBody({ type: 'incident.resolved', data })).kind).toBe('other');
  });

  it('of an incident without a key has none', () => {
    const body = webhookBody({ type: 'incident.resolved', data: { ...INCIDENT, incident_key: null } });
    expect(parseWebhook(body)).not.toHaveProperty('incidentKey');
  });

  it('tells its time in UTC', () => {
    expect(parseWebhook(withField('occurred_at', '2026-10-02T20:45:22+02:00')).at).toBe(
      '2026-10-02T18:45:22.000Z',
    );
  });
});

describe('a malformed webhook is refused by the field', () => {
  it.each([
    ['{', 'body'],
    ['', 'body'],
    ['[]', 'body'],
    ['null', 'body'],
    ['{}', 'event'],
    ['{"event":[]}', 'event'],
    [withField('id', undefined), 'event.id'],
    [withField('id', ''), 'event.id'],
    [withField('event_type', 7), 'event.event_type'],
    [withField('occurred_at', 'yesterday'), 'event.occurred_at'],
    [withField('agent', 'Ada'), 'event.agent'],
    [withField('data', null), 'event.data'],
    [withField('data', {}), 'event.data.id'],
    [withField('data', { ...INCIDENT, assignees: ['Ada'] }), 'event.data.assignees.0'],
    [webhookBody({ type: 'incident.annotated', data: INCIDENT }), 'event.data.incident'],
    [webhookBody({ type: 'incident.annotated', data: { incident: {} } }), 'event.data.incident.id'],
  ])('%s', (body, field) => {
    expect(fault(body)).toBe(field);
  });
});

it('whatever comes in, it is a notice or a WebhookError', () => {
  const type = fc.oneof(
    fc.constantFrom('incident.acknowledged', 'incident.annotated', 'pagey.ping'),
    fc.string(),
  );
  const event = fc.record(
    {
      id: fc.oneof(fc.string(), fc.jsonValue()),
      event_type: fc.oneof(type, fc.jsonValue()),
      occurred_at: fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.jsonValue(),
      ),
      agent: fc.oneof(
        fc.record({ id: fc.jsonValue(), summary: fc.jsonValue(), type: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      data: fc.oneof(
        fc.record({ id: fc.string(), incident_key: fc.jsonValue(), assignees: fc.jsonValue() }),
        fc.record({ incident: fc.record({ id: fc.string() }), content: fc.string() }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(event, fc.jsonValue()), (given) => {
      fault(JSON.stringify({ event: given }));
    }),
    { numRuns: runs(500) },
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (body) => void fault(body)));
});
