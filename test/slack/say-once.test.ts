import { expect, onTestFinished, test } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import { createSlackClient } from '../../src/slack/client.ts';
import { sayOnce } from '../../src/slack/say-once.ts';
import { recordingLog } from '../intake/web.ts';

const MINUTE = 60_000;

test('of several who say the same at once one is left, and what was said before is about something else', async () => {
  const slack = await startSlackStandIn({ channels: ['incidents'] });
  onTestFinished(() => slack.stop());
  const { log } = recordingLog();
  const replica = () => createSlackClient({ token: slack.botToken, apiUrl: slack.apiUrl, log });
  const say = (client: ReturnType<typeof replica>, mark: string, withinMs = MINUTE) =>
    sayOnce(client, { channel: '#incidents', text: mark, mark, withinMs });
  const channel = slack.workspace.channel('incidents');
  if (channel === undefined) throw new Error('there is no channel');
  const said = () => slack.workspace.messages(channel.id).map(({ text }) => text);
  // The bot may write there without being in it, and look only once it is.
  slack.workspace.saveChannel({ ...channel, is_member: false });
  const replicas = [replica(), replica(), replica()];
  await Promise.all(replicas.map((client) => say(client, 'store down')));
  expect(said()).toEqual(['store down']);
  await Promise.all(replicas.map((client) => say(client, 'queue down')));
  expect(said()).toEqual(['store down', 'queue down']);
  await say(replica(), 'store down', 0);
  expect(said()).toEqual(['store down', 'queue down', 'store down']);
  // Where Slack does not show what was said, it is better said twice than not at all.
  slack.api.faults = (method) =>
    method === 'conversations.history' ? { kind: 'error', error: 'missing_scope' } : undefined;
  await say(replica(), 'queue down');
  expect(said()).toHaveLength(4);
});
