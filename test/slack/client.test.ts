import { expect, onTestFinished, test } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import type { CallEnd } from '../../src/observe/calls.ts';
import { createLogger } from '../../src/observe/log.ts';
import { createSlackClient } from '../../src/slack/client.ts';

test('every call is watched, and told by what Slack made of it', async () => {
  const slack = await startSlackStandIn({ channels: ['incidents'] });
  onTestFinished(() => slack.stop());
  const told: [string, CallEnd][] = [];
  const client = createSlackClient({
    token: slack.botToken,
    apiUrl: slack.apiUrl,
    log: createLogger({ level: 'silent', secrets: [] }),
    watch: async (_system, call, work, endOf) => {
      try {
        const value = await work();
        told.push([call, endOf({ value })]);
        return value;
      } catch (error) {
        told.push([call, endOf({ error })]);
        throw error;
      }
    },
  });
  const post = () => client.chat.postMessage({ channel: '#incidents', text: 'a word' });
  await client.auth.test();
  await post();
  slack.api.faults = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
  await expect(post()).rejects.toThrow();
  slack.api.faults = () => ({ kind: 'error', error: 'is_archived' });
  await expect(post()).rejects.toThrow();
  slack.api.faults = () => ({ kind: 'status', status: 503 });
  await expect(post()).rejects.toThrow();
  slack.api.faults = () => ({ kind: 'drop' });
  await expect(post()).rejects.toThrow();
  expect(told).toEqual([
    ['auth.test', { outcome: 'ok' }],
    ['chat.postMessage', { outcome: 'ok' }],
    ['chat.postMessage', { outcome: 'rate_limited', code: 'ratelimited', waitMs: 7_000 }],
    ['chat.postMessage', { outcome: 'refused', code: 'is_archived' }],
    ['chat.postMessage', { outcome: 'unavailable', code: '503' }],
    ['chat.postMessage', { outcome: 'unavailable', code: 'no_answer' }],
  ]);
});

test('a process that is ending begins no call, and leaves it to be made at once by another', async () => {
  const slack = await startSlackStandIn();
  onTestFinished(() => slack.stop());
  let isLeaving = false;
  const client = createSlackClient({
    token: slack.botToken,
    apiUrl: slack.apiUrl,
    log: createLogger({ level: 'silent', secrets: [] }),
    isLeaving: () => isLeaving,
  });
  await client.auth.test();
  isLeaving = true;
  await expect(client.auth.test()).rejects.toMatchObject({ name: 'Later', afterMs: 0 });
  expect(slack.api.calls).toHaveLength(1);
});
