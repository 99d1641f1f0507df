import { expect, onTestFinished, test } from 'vitest';
import { startSlackStandIn } from '../../src/console/server.ts';
import { Later } from '../../src/effects/handler.ts';
import type { EffectOf } from '../../src/incident/effects.ts';
import { createLogger } from '../../src/observe/log.ts';
import { createSlackClient } from '../../src/slack/client.ts';
import { createSharing } from '../../src/slack/share.ts';
import { inThread } from '../incident/given.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

test('a file whose answer was lost is found again instead of being shared twice', async () => {
  const slack = await startSlackStandIn({ channels: ['#incidents'] });
  onTestFinished(() => slack.stop());
  const client = createSlackClient({
    token: slack.botToken,
    apiUrl: slack.apiUrl,
    log: createLogger({ level: 'silent', secrets: [] }),
  });
  const channel = slack.workspace.ensureChannel('#incidents').id;
  await client.conversations.join({ channel });
  const parent = await client.chat.postMessage({ channel, text: 'parent' });
  const thread = { channel, ts: parent.ts ?? '' };
  const share = createSharing({
    client,
    store: { incident: async () => ({ ...inThread().incident, thread }), now: async () => new Date() },
    make: async () => ({ filename: 'chart.png', title: 'A chart', bytes: async () => PNG }),
  });
  const effect = (attempt: number): EffectOf<'slack.file'> => ({
    id: 'inc-1.5.0',
    incident: 'inc-1',
    kind: 'slack.file',
    payload: { file: 'utilisation', firing: 1 },
    attempt,
    createdAt: new Date().toISOString(),
  });
  slack.api.faults = (method) =>
    method === 'files.completeUploadExternal' ? { kind: 'after', answer: 'drop' } : undefined;
  await expect(share(effect(1))).rejects.toBeInstanceOf(Later);
  slack.api.faults = undefined;
  const { command } = await share(effect(2));
  const files = slack.workspace.thread(thread.channel, thread.ts).flatMap((reply) => reply.files ?? []);
  expect(files).toHaveLength(1);
  expect(command).toMatchObject({ type: 'RecordFile', file: 'utilisation', fileId: files[0] });
});
