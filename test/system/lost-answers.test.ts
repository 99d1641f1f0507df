import { expect, test } from 'vitest';
import type { Fault } from '../../src/console/server.ts';
import { eventually, type Harness, isParent, notification } from '../support/lifeguard.ts';
import { lifeguardOfQuietPool } from './story.ts';

/** The first post is carried out, and nobody hears of it. */
const LOST: Fault = { kind: 'after', answer: 'drop' };

test('a thread whose post was carried out and never answered is found again, not posted twice', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  loseFirst(lifeguard, 'chat.postMessage', LOST);
  await opens(lifeguard);
  expect(parents(lifeguard, 'backend-team')).toBe(1);
});

test('it is found in a public channel too that the bot writes to without being in it', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  leave(lifeguard, 'backend-team');
  loseFirst(lifeguard, 'chat.postMessage', LOST);
  await opens(lifeguard);
  expect(parents(lifeguard, 'backend-team')).toBe(1);
});

test('it is found in the default channel when its own channel had refused it', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  let lost = false;
  lifeguard.slack.api.faults = (method, args) => {
    if (method !== 'chat.postMessage') return undefined;
    if (args['channel'] === '#backend-team') return { kind: 'error', error: 'is_archived' };
    if (lost) return undefined;
    lost = true;
    return LOST;
  };
  await opens(lifeguard);
  expect([parents(lifeguard, 'incidents'), parents(lifeguard, 'backend-team')]).toEqual([1, 0]);
});

test('what Slack puts off by 429 comes when Slack said, and once', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  loseFirst(lifeguard, 'chat.postMessage', { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
  await opens(lifeguard);
  const posts = lifeguard.slack.api.calls.filter(({ method, args }) => {
    return method === 'chat.postMessage' && args['thread_ts'] === undefined;
  });
  expect(posts).toHaveLength(2);
  expect((posts[1]?.at ?? 0) - (posts[0]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(parents(lifeguard, 'backend-team')).toBe(1);
});

async function opens(lifeguard: Harness): Promise<void> {
  expect((await lifeguard.alert(notification({ startsAt: new Date() }))).status).toBe(200);
  await eventually(async () => (await lifeguard.app.store.incident('inc-1'))?.thread, 'the thread is open');
}

function loseFirst(lifeguard: Harness, method: string, fault: Fault): void {
  let done = false;
  lifeguard.slack.api.faults = (called) => {
    if (called !== method || done) return undefined;
    done = true;
    return fault;
  };
}

function leave(lifeguard: Harness, name: string): void {
  const { workspace } = lifeguard.slack;
  const channel = workspace.channel(name);
  if (channel !== undefined) workspace.saveChannel({ ...channel, is_member: false });
}

function parents(lifeguard: Harness, channel: string): number {
  return lifeguard.messages(channel).filter(isParent).length;
}
