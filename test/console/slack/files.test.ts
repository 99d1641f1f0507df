import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, refusalOf, startBench } from './client.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

describe('uploading files, by the real Slack client', () => {
  let bench: Bench;
  let channel: string;
  beforeAll(async () => {
    bench = await startBench();
    channel = bench.workspace.ensureChannel('#incidents').id;
  });
  afterAll(() => bench.stop());

  test('a file goes through its three steps and lies in the thread', async () => {
    const parent = await bench.client.chat.postMessage({ channel, text: 'parent' });
    await bench.client.filesUploadV2({
      channel_id: channel,
      thread_ts: parent.ts ?? '',
      file: PNG,
      filename: 'utilisation.png',
      alt_text: 'Utilisation over the last hour',
      initial_comment: 'The last hour',
    });
    const [, reply] = bench.workspace.thread(channel, parent.ts ?? '');
    const file = bench.workspace.file(reply?.files?.[0] ?? '');
    expect(reply?.text).toBe('The last hour');
    expect(file).toMatchObject({
      mimetype: 'image/png',
      alt_txt: 'Utilisation over the last hour',
      complete: true,
    });
    const { messages } = await bench.client.conversations.replies({ channel, ts: parent.ts ?? '' });
    const url = messages?.[1]?.files?.[0]?.url_private ?? '';
    const served = await fetch(url);
    expect(served.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await served.arrayBuffer())).toEqual(PNG);
  });

  test('raw bytes are taken too, and a picture block may show the file', async () => {
    const { upload_url, file_id } = await bench.client.files.getUploadURLExternal({
      filename: 'a.png',
      length: 8,
    });
    const uploaded = await fetch(upload_url ?? '', { method: 'POST', body: PNG });
    expect(uploaded.status).toBe(200);
    await bench.client.files.completeUploadExternal({ files: [{ id: file_id ?? '', title: 'Chart' }] });
    const image = { type: 'image', slack_file: { id: file_id ?? '' }, alt_text: 'chart' } as const;
    const answer = await bench.client.chat.postMessage({ channel, text: 'chart', blocks: [image] });
    expect(answer.ok).toBe(true);
  });

  test('a length that does not match, an unknown file and a picture never uploaded are refused', async () => {
    const { upload_url, file_id } = await bench.client.files.getUploadURLExternal({
      filename: 'a.png',
      length: 9,
    });
    const uploaded = await fetch(upload_url ?? '', { method: 'POST', body: PNG });
    expect(uploaded.status).toBe(400);
    const complete = bench.client.files.completeUploadExternal({
      files: [{ id: file_id ?? '', title: 'Chart' }],
    });
    expect((await refusalOf(complete)).error).toBe('file_not_found');
    const image = { type: 'image', slack_file: { id: 'F0UNKNOWN' }, alt_text: 'chart' } as const;
    const refused = await refusalOf(bench.client.chat.postMessage({ channel, text: 'x', blocks: [image] }));
    expect(refused.messages).toEqual(['[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]']);
  });

  test('what is no picture is only ever a download', async () => {
    const body = Buffer.from('<script>');
    const { upload_url, file_id } = await bench.client.files.getUploadURLExternal({
      filename: 'a.html',
      length: 8,
    });
    await fetch(upload_url ?? '', { method: 'POST', body });
    await bench.client.files.completeUploadExternal({ files: [{ id: file_id ?? '', title: 'Page' }] });
    const served = await fetch(`${bench.url}/slack/files/${file_id}/a.html`);
    expect(served.headers.get('content-type')).toBe('application/octet-stream');
    expect(served.headers.get('content-disposition')).toMatch(/^attachment/);
  });
});
