import { expect, test } from 'vitest';
import { eventually, wordsOf } from '../support/lifeguard.ts';
import { incidentData, noteData, sendWebhook, type WebhookEvent } from '../support/pagerduty/webhook.ts';
import { happened, lifeguardOfQuietPool, now, openThread, paged, pagesOf, saying } from './story.ts';

test('what is done to a page at PagerDuty reaches the thread and the state, once and without echo', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await paged(lifeguard, 1);
  await happened(lifeguard, 'Paged');
  let count = 0;
  /** As during a rotation: signed by the old secret and the new one. */
  const send = async (type: string, parts: Partial<WebhookEvent> = {}): Promise<void> => {
    count += 1;
    const data = incidentData({ id: 'PINC1', incidentKey: 'lifeguard-inc-1-L1', assignees: ['Grace'] });
    const event = { type, id: `01WEB${count}`, occurredAt: new Date().toISOString(), data, ...parts };
    const url = `${lifeguard.app.url}/webhooks/pagerduty`;
    // PagerDuty repeats what it thinks was not taken.
    for (let i = 0; i < 2; i += 1) {
      expect((await sendWebhook(url, ['the new secret', 'pd-secret'], event)).status).toBe(200);
    }
  };
  const says = (...words: string[]) =>
    eventually(() => {
      const found = saying(lifeguard, 'backend-team', ...words);
      return found.length > 0 ? found : undefined;
    }, words.join());

  await send('incident.acknowledged');
  expect(await says(':raised_hand: Ada Byron has it (acknowledged in PagerDuty)')).toHaveLength(1);
  await send('incident.escalated');
  expect(await says('Ada Byron has escalated the page; now with Grace')).toHaveLength(1);
  await send('incident.reassigned');
  expect(await says('Ada Byron has given the page to others; now with Grace')).toHaveLength(1);
  await send('incident.annotated', { data: noteData('PINC1', 'Failing over now') });
  expect(await says('Ada Byron notes: Failing over now')).toHaveLength(1);
  // PagerDuty tells back what we do ourselves, with the integration as its author.
  const ours = { id: 'PINT', type: 'events_api_v2_inbound_integration_reference', summary: 'Lifeguard' };
  await send('incident.acknowledged', { agent: ours });
  await send('incident.resolved');
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('resolved') ? true : undefined),
    'resolved',
  );
  await says('Resolved by Ada Byron');
  await send('incident.resolved', { agent: ours });
  await lifeguard.settled();

  const { id, status, acknowledged, notices } = (await lifeguard.app.store.incident('inc-1')) ?? {};
  expect([id, status, acknowledged?.by.name, notices?.length]).toEqual(['inc-1', 'resolved', 'Ada Byron', 5]);
  expect(await happened(lifeguard, 'PageMoved')).toHaveLength(5);
  // What was done there does not go back there.
  expect([...pagesOf(lifeguard, 'acknowledge'), ...pagesOf(lifeguard, 'resolve')]).toEqual([]);
});
