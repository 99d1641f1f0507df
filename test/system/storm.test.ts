import { expect, onTestFinished, test } from 'vitest';
import type { App } from '../../src/app/app.ts';
import type { Message } from '../../src/console/slack/types.ts';
import {
  eventually,
  type Harness,
  type HarnessOptions,
  isParent,
  notification,
  PEOPLE,
  wordsOf,
} from '../support/lifeguard.ts';
import { askToKill, lifeguardWith, now, paged, SECOND, saying, startPatient, told } from './story.ts';

const POOLS = 15;

/** Ten seconds a message instead of one: a busy machine does not let the limits pass before a test has looked. */
const SLOW: HarnessOptions = {
  rateLimits: 'slack',
  slackPace: 0.1,
  slack: { pacing: { burst: 5, pace: 0.1 } },
};

test('of many incidents at once the channel knows by one message, and their threads follow at the pace of Slack', async () => {
  const lifeguard = await lifeguardWith(SLOW);
  await storm(lifeguard);
  const summary = await summaryOf(lifeguard, POOLS);
  expect(wordsOf(summary)).toContain('cluster *eu-1*');
  expect(wordsOf(summary)).toContain('datname=db-14');
  expect(threads(lifeguard).length).toBeLessThan(POOLS / 2);
  // The last of them, for which somebody does not want to wait.
  const wanted = (await lifeguard.app.store.incidents({ limit: 50 })).at(-1)?.id ?? '';
  await lifeguard.slack.actor.select(PEOPLE.alice, summary, 'bring_thread', wanted);
  await told(lifeguard, PEOPLE.alice, 'ahead of the others');
  await follow(lifeguard, POOLS);
  const thread = (await lifeguard.app.store.incident(wanted))?.thread;
  expect(threads(lifeguard).findIndex(({ ts }) => ts === thread?.ts)).toBeLessThan(POOLS / 2);

  await eventually(async () => {
    await lifeguard.fastForward(SECOND);
    const links = wordsOf(now(lifeguard, summary)).match(/\|datname=db-/g);
    return links?.length === POOLS ? true : undefined;
  }, 'the summary leads to every thread');

  await storm(lifeguard, [lifeguard.app], 'resolved');
  await eventually(async () => {
    await lifeguard.fastForward(SECOND);
    return wordsOf(now(lifeguard, summary)).includes('all resolved') ? true : undefined;
  }, 'the summary tells that all are resolved');
  expect(summaries(lifeguard)).toHaveLength(1);
  expect(lifeguard.slack.api.tooSoon).toEqual([]);
});

test('a lone incident is told in time from the alert to the result, and no call comes too soon', async () => {
  const patient = await startPatient();
  onTestFinished(() => patient.stop());
  const lifeguard = await lifeguardWith({
    patientUrl: patient.botUrl,
    rateLimits: 'slack',
    slack: { pacing: { burst: 5 } },
  });
  const victim = await patient.session();
  const began = Date.now();
  await lifeguard.alert(notification({ startsAt: new Date() }));
  await lifeguard.message('backend-team', (one) => wordsOf(one).includes('Most likely:'), 'the verdict');
  expect(Date.now() - began).toBeLessThan(3 * SECOND);
  await paged(lifeguard, 1);
  const parent = await lifeguard.message('backend-team', isParent, 'the parent');
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
  const preview = await askToKill(lifeguard, victim.pid);
  await lifeguard.slack.actor.press(PEOPLE.bob, preview, 'Approve');
  await lifeguard.message('backend-team', (one) => wordsOf(one).includes('has ended'), 'the result');
  // Before the steps, which have had to say something all the while.
  expect(Date.now() - began).toBeLessThan(9 * SECOND);
  await lifeguard.settled();
  const steps = saying(lifeguard, 'backend-team', 'Run step');
  expect(steps.length).toBeGreaterThan(0);
  expect(lifeguard.slack.api.tooSoon).toEqual([]);
});

test('two replicas keep the limits together, and tell a storm once', async () => {
  const lifeguard = await lifeguardWith(SLOW);
  const apps = [lifeguard.app, await lifeguard.replica()];
  await storm(lifeguard, apps, 'firing', 8);
  await summaryOf(lifeguard, 8);
  await follow(lifeguard, 8);
  expect(summaries(lifeguard)).toHaveLength(1);
  expect(lifeguard.slack.api.tooSoon).toEqual([]);
});

/** Lets time pass until so many threads are there, and their incidents know it. */
async function follow(lifeguard: Harness, count: number): Promise<void> {
  await eventually(async () => {
    await lifeguard.fastForward(SECOND);
    if (threads(lifeguard).length < count) return undefined;
    const incidents = await lifeguard.app.store.incidents({ limit: 50 });
    return incidents.every(({ thread }) => thread !== undefined) ? true : undefined;
  }, 'every thread');
}

/** Databases of one cluster, each with an alert of its own, all at once. */
async function storm(
  lifeguard: Harness,
  apps: readonly App[] = [lifeguard.app],
  status: 'firing' | 'resolved' = 'firing',
  pools = POOLS,
): Promise<void> {
  const startsAt = new Date('2026-03-02T03:00:00Z');
  const answers = await Promise.all(
    Array.from({ length: pools }, (_none, index) => {
      const labels = { datname: `db-${index}`, cluster: 'eu-1' };
      const fingerprint = `c0ffee${String(index).padStart(10, '0')}`;
      const body = notification({ startsAt, status, labels, fingerprint, groupKey: `{}:{db-${index}}` });
      return lifeguard.alert(body, {}, apps[index % apps.length]);
    }),
  );
  expect(answers.every((answer) => answer.status === 200)).toBe(true);
}

function summaries(lifeguard: Harness): Message[] {
  return lifeguard.messages('incidents').filter((one) => wordsOf(one).includes('incidents at once'));
}

/** The summary, once it tells of so many. */
async function summaryOf(lifeguard: Harness, pools: number): Promise<Message> {
  return lifeguard.message(
    'incidents',
    (one) => wordsOf(one).includes(`${pools} incidents at once`),
    'the summary',
  );
}

function threads(lifeguard: Harness): Message[] {
  return lifeguard
    .messages('incidents')
    .filter((one) => isParent(one) && !wordsOf(one).includes('incidents at once'));
}
