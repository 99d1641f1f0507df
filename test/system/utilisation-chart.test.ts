import { expect, test, vi } from 'vitest';
import { eventually, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, openThread, saying } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

test('a chart of the last hour lies in the thread, with words for those who cannot see it', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  const shared = await eventually(
    async () => (await happened(lifeguard, 'FileShared')).find(({ file }) => file === 'utilisation'),
    'the chart',
  );
  const { workspace } = lifeguard.slack;
  const file = workspace.file(shared.fileId ?? '');
  expect(file).toMatchObject({ name: 'orders-utilisation.png', mimetype: 'image/png', complete: true });
  expect(file?.alt_txt).toMatch(/\d+ %/);
  expect(
    workspace
      .fileBytes(shared.fileId ?? '')
      ?.subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  expect(
    workspace.thread(parent.channel, parent.ts).some((one) => one.files?.includes(shared.fileId ?? '')),
  ).toBe(true);
  const methods = lifeguard.slack.api.calls.map((call) => call.method);
  expect(methods).toContain('files.getUploadURLExternal');
  expect(methods).toContain('files.completeUploadExternal');
});

test('where files are refused, the step says it in text', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  lifeguard.slack.api.faults = (method) =>
    method === 'files.getUploadURLExternal' ? { kind: 'error', error: 'file_uploads_disabled' } : undefined;
  await openThread(lifeguard);
  const step = await eventually(
    () => saying(lifeguard, 'backend-team', 'Step 1:', 'last hour ')[0],
    'the sparkline',
  );
  expect(wordsOf(step)).toMatch(/last hour .* now \d+ %/);
});
