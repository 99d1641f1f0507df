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

/** Slack and Lifeguard at so many times Slack's pace; it takes a little more at once, for calls that are late on their way. */
function atPace(pace: number): HarnessOptions {
  return { rateLimits: 'slack', slackPace: pace, slack: { pacing: { burst: 8, pace } } };
}

const POOLS = 20;

test('of twenty incidents at once the channel knows by one message, and their threads follow at the pace of Slack', async () => {
  const pace = 5;
  const lifeguard = await lifeguardWith(atPace(pace));
  const began = Date.now();
  await storm(lifeguard);
  const summary = await toldAll(lifeguard);
  // Half of it on a quiet machine; a few milliseconds more than the commits take.
  expect(Date.now() - began).toBeLessThan(10 * SECOND);
  expect(wordsOf(summary)).toContain('cluster *eu-1*');
  expect(wordsOf(summary)).toContain('datname=db-19');
  // The last of them, for which somebody does not want to wait.
  const waiting = await lifeguard.app.store.incidents({ limit: 50 });
  const wanted = waiting.at(-1)?.id ?? '';
  await lifeguard.slack.actor.select(PEOPLE.alice, summary, 'bring_thread', wanted);
  await told(lifeguard, PEOPLE.alice, 'ahead of the others');
  await eventually(
    async () => (await lifeguard.app.store.incident(wanted))?.thread,
    'the thread that is wanted',
  );
  expect(threads(lifeguard).length).toBeLessThan(POOLS);

  await eventually(() => (threads(lifeguard).length === POOLS ? true : undefined), 'every thread');
  expect(Date.now() - began).toBeGreaterThan(((POOLS - 4) * SECOND) / pace);
  const after = await eventually(
    () => [now(lifeguard, summary)].find((one) => wordsOf(one).includes('Each of them has its thread')),
    'the summary leads to every thread',
  );
  expect(wordsOf(after).match(/\|datname=db-/g)).toHaveLength(POOLS);
  await storm(lifeguard, [lifeguard.app], 'resolved');
  await lifeguard.fastForward(30 * SECOND);
  await eventually(() => {
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
  const lifeguard = await lifeguardWith(atPace(15));
  const apps = [lifeguard.app, await lifeguard.replica()];
  await storm(lifeguard, apps);
  await toldAll(lifeguard);
  await eventually(() => (threads(lifeguard).length === POOLS ? true : undefined), 'every thread');
  expect(summaries(lifeguard)).toHaveLength(1);
  expect(lifeguard.slack.api.tooSoon).toEqual([]);
});

/** Twenty databases of one cluster, each with an alert of its own, all at once. */
async function storm(
  lifeguard: Harness,
  apps: readonly App[] = [lifeguard.app],
  status: 'firing' | 'resolved' = 'firing',
): Promise<void> {
  const startsAt = new Date('2026-03-02T03:00:00Z');
  const answers = await Promise.all(
    Array.from({ length: POOLS }, (_none, index) => {
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

function toldAll(lifeguard: Harness): Promise<Message> {
  return lifeguard.message(
    'incidents',
    (one) => wordsOf(one).includes(`${POOLS} incidents at once`),
    'the summary',
  );
}

function threads(lifeguard: Harness): Message[] {
  return lifeguard
    .messages('incidents')
    .filter((one) => isParent(one) && !wordsOf(one).includes('incidents at once'));
}
