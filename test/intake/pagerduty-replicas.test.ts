import { afterAll, beforeAll, expect, test } from 'vitest';
import { Loop } from '../../src/effects/loop.ts';
import { createPagerDutyIntake } from '../../src/intake/pagerduty.ts';
import type { NoticeOutcome } from '../../src/observe/metrics.ts';
import { createNoticeTaker } from '../../src/pagerduty/notice.ts';
import { Pages } from '../../src/store/pages.ts';
import { Store } from '../../src/store/store.ts';
import { incidentData, noteData, sendWebhook, type WebhookEvent } from '../support/pagerduty/webhook.ts';
import { type House, house, policy } from './house.ts';
import { alertOf, notification } from './notification.ts';
import { recordingLog, serve, type Web } from './web.ts';

const SECRET = 'webhook-secret';

interface Replica {
  readonly web: Web;
  readonly counted: string[];
  close(): Promise<void>;
}

let scene: House;
const replicas: Replica[] = [];
beforeAll(async () => {
  scene = await house();
  replicas.push(await replica(), await replica());
});
afterAll(async () => {
  for (const one of replicas) await one.close();
  await scene.close();
});

/** The webhook of a replica with connections of its own to the one store. */
async function replica(): Promise<Replica> {
  const store = new Store({ url: scene.way.url, connections: 4 });
  const counted: string[] = [];
  const metrics = {
    webhook: () => undefined,
    pageNotice: (kind: string, outcome: NoticeOutcome) => void counted.push(`${kind} ${outcome}`),
  };
  const loop = new Loop({ store, policy, dispatch: async () => undefined });
  const onNotice = createNoticeTaker({ loop, pages: new Pages(store.pool), metrics });
  const { log } = recordingLog();
  const web = await serve(createPagerDutyIntake({ secrets: [SECRET], onNotice, log, metrics }));
  return {
    web,
    counted,
    async close() {
      await web.close();
      await store.close();
    },
  };
}

/** PagerDuty repeats a delivery while the first has not been answered; a balancer gives it to another replica. */
async function sendTwiceToEach(event: WebhookEvent): Promise<string[]> {
  const [one, other] = replicas as [Replica, Replica];
  const answers = await Promise.all(
    [one, other, one, other].map(({ web }) => sendWebhook(web.url, [SECRET], event)),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  return [...one.counted.splice(0), ...other.counted.splice(0)].toSorted();
}

test('a webhook that comes to two replicas at once, and twice to each, is taken in once', async () => {
  const { body } = await scene.post(notification([alertOf('orders')]));
  const incident = body.incidents?.[0] ?? '';
  const data = incidentData({ id: 'PINC1', incidentKey: `lifeguard-${incident}-L1`, assignees: ['Grace'] });
  const events = async () => (await scene.store.events(incident)).map(({ type }) => type);
  const before = (await events()).length;
  const kinds = ['acknowledged', 'reassigned', 'escalated', 'annotated', 'unacknowledged', 'resolved'];
  for (const [index, kind] of kinds.entries()) {
    const counted = await sendTwiceToEach({
      type: `incident.${kind}`,
      id: `01NOTICE${index}`,
      occurredAt: new Date().toISOString(),
      data: kind === 'annotated' ? noteData('PINC1', 'Failing over') : data,
    });
    expect(counted).toEqual([`${kind} repeat`, `${kind} repeat`, `${kind} repeat`, `${kind} taken`]);
  }
  const told = (await events()).slice(before);
  expect(told.filter((type) => type === 'PageMoved')).toHaveLength(kinds.length);
  for (const type of ['Acknowledged', 'Unacknowledged', 'Resolved'] as const) {
    expect(told.filter((one) => one === type)).toEqual([type]);
  }
});
