import { expect, test } from 'vitest';
import {
  eventually,
  type Harness,
  isParent,
  notification,
  WEBHOOK_TOKEN,
  wordsOf,
} from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, lifeguardWith, MINUTE, openThread, paged } from './story.ts';

const parents = (lifeguard: Harness, channel = 'backend-team') =>
  lifeguard.messages(channel).filter(isParent);

test('repeats, a second Alertmanager and a second alert of the group are one incident', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const startsAt = new Date();
  const answers = await Promise.all([1, 2].map(() => lifeguard.alert(notification({ startsAt }))));
  expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
  await lifeguard.alert(notification({ startsAt }));
  const another = { labels: { alertname: 'PoolWaiting' }, fingerprint: 'c0ffee0000000002' };
  await lifeguard.alert(notification({ startsAt, ...another }));
  await lifeguard.message('backend-team', (one) => wordsOf(one).includes('and 1 more firing'), 'both alerts');
  await paged(lifeguard, 1);
  await lifeguard.settled();
  expect(parents(lifeguard)).toHaveLength(1);
  expect(lifeguard.pagerduty.pages).toHaveLength(1);
  // Of two deliveries at once, the one that comes second may leave a gap in the numbers.
  const [incident] = await lifeguard.app.store.incidents({ limit: 2 });
  const status = async () => (await lifeguard.app.store.incident(incident?.id ?? ''))?.status;
  // The first of two that clears closes nothing.
  await lifeguard.alert(notification({ startsAt, status: 'resolved' }));
  expect(await status()).toBe('open');
  await lifeguard.alert(notification({ startsAt, status: 'resolved', ...another }));
  expect(await status()).toBe('resolved');
});

test('fired again within 30 minutes it goes on in its thread, later it opens a new one', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const began = Date.now();
  const startsAt = new Date(began);
  const parent = await openThread(lifeguard, { startsAt });
  await lifeguard.alert(notification({ startsAt, status: 'resolved' }));
  await happened(lifeguard, 'Resolved');

  await lifeguard.fastForward(29 * MINUTE);
  const second = new Date(began + 29 * MINUTE);
  await lifeguard.alert(notification({ startsAt: second }));
  await lifeguard.message(
    'backend-team',
    (one) => one.thread_ts === parent.ts && one.text.includes('Firing again'),
    'the same thread',
  );
  expect(parents(lifeguard)).toHaveLength(1);
  await lifeguard.alert(notification({ startsAt: second, status: 'resolved' }));

  await lifeguard.fastForward(31 * MINUTE);
  await lifeguard.alert(notification({ startsAt: new Date(began + 60 * MINUTE) }));
  await eventually(() => (parents(lifeguard).length === 2 ? true : undefined), 'a new thread');
});

test('an alert that matches no pool opens a thread in the default channel that says how to add it', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await lifeguard.alert(notification({ startsAt: new Date(), labels: { datname: 'unknown_db' } }));
  const parent = await lifeguard.message('incidents', isParent, 'the parent message');
  expect(wordsOf(parent)).toContain('match no pool');
  expect(wordsOf(parent)).toContain('lifeguard.yaml');
  expect(wordsOf(parent)).toContain('datname: unknown_db');
  await paged(lifeguard, 1);
  await lifeguard.settled();
  expect(lifeguard.messages('incidents').map(wordsOf).join()).not.toMatch(/Terminate|Run step/);
});

test('label text can neither ping, nor forge a link, nor break the message', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const evil = '<!channel> <@U0BOB> <http://evil|x> *b* `c` & \u0000 "';
  await lifeguard.alert(
    notification({
      startsAt: new Date(),
      labels: { alertname: evil, datname: 'unknown_db', host: evil },
      annotations: { summary: `${evil} ${'x'.repeat(4_000)}` },
    }),
  );
  const alertsOfPool = notification({
    startsAt: new Date(),
    labels: { alertname: evil.repeat(20) },
    annotations: { description: evil.repeat(200) },
  });
  await lifeguard.alert(alertsOfPool);
  await lifeguard.message('incidents', isParent, 'the thread without a pool');
  await lifeguard.message('backend-team', isParent, 'the thread of the pool');
  await paged(lifeguard, 2);
  await lifeguard.settled();
  for (const message of [...lifeguard.messages('incidents'), ...lifeguard.messages('backend-team')]) {
    expect(mrkdwn(message.blocks)).not.toMatch(/<!(?!date\^)|<@U0BOB>|<http:\/\/evil/);
    expect(message.text).not.toMatch(/<!|<@U0BOB>|<http:\/\/evil/);
  }
});

test('malformed, unauthorised and oversized notifications get their codes, and open nothing', async () => {
  const lifeguard = await lifeguardWith();
  const url = `http://127.0.0.1:${lifeguard.app.port}/webhooks/alertmanager`;
  const send = (body: string, authorization = `Bearer ${WEBHOOK_TOKEN}`) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization }, body });
  const good = notification({ startsAt: new Date() });
  const faulty = await send(JSON.stringify({ ...good, alerts: [{ status: 'burning' }] }));
  expect(faulty.status).toBe(400);
  expect(await faulty.text()).toContain('alerts');
  expect((await send('{')).status).toBe(400);
  expect((await send(JSON.stringify(good), 'Bearer wrong')).status).toBe(401);
  expect((await send(JSON.stringify({ ...good, x: 'x'.repeat(1_100_000) }))).status).toBe(413);
  expect(await lifeguard.app.store.incidents({ limit: 10 })).toEqual([]);
});

/** All text of blocks in which Slack reads mentions and links; plain text is shown as it is. */
function mrkdwn(value: unknown): string {
  if (Array.isArray(value)) return value.map(mrkdwn).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  if ('type' in value && value.type === 'mrkdwn' && 'text' in value) return String(value.text);
  return Object.values(value).map(mrkdwn).join('\n');
}
