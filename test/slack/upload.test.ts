import { createServer } from 'node:http';
import type { webApi } from '@slack/bolt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandIn, startSlackStandIn } from '../../src/console/server.ts';
import { Hopeless, Later } from '../../src/effects/handler.ts';
import { createLogger } from '../../src/observe/log.ts';
import { createSlackClient } from '../../src/slack/client.ts';
import { FilesRefused, type Upload, uploadFile } from '../../src/slack/upload.ts';
import { freePort } from '../support/daemon.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

describe('a picture for a thread', () => {
  let slack: StandIn;
  let client: webApi.WebClient;
  let picture: Upload;

  beforeAll(async () => {
    slack = await startSlackStandIn({ channels: ['#incidents'] });
    client = createSlackClient({
      token: slack.botToken,
      apiUrl: slack.apiUrl,
      log: createLogger({ level: 'silent', secrets: [] }),
    });
    const channel = slack.workspace.ensureChannel('#incidents').id;
    const parent = await client.chat.postMessage({ channel, text: 'parent' });
    picture = {
      channel,
      threadTs: parent.ts ?? '',
      bytes: PNG,
      filename: 'utilisation.png',
      title: 'The last hour',
      alt: 'Now 93 %, over the line of 90 %.',
    };
  });
  afterAll(() => slack.stop());

  /** Answers `method` with a refusal for the length of `work`. */
  async function refusing(method: string, error: string, work: () => Promise<void>): Promise<void> {
    slack.api.faults = (called) => (called === method ? { kind: 'error', error } : undefined);
    try {
      await work();
    } finally {
      slack.api.faults = undefined;
    }
  }

  test('lies in the thread with its title and its alternative text', async () => {
    const { fileId } = await uploadFile(client, picture);
    const reply = slack.workspace.thread(picture.channel, picture.threadTs).at(-1);
    expect(reply?.files).toEqual([fileId]);
    expect(slack.workspace.file(fileId)).toMatchObject({
      title: 'The last hour',
      alt_txt: 'Now 93 %, over the line of 90 %.',
      mimetype: 'image/png',
      complete: true,
    });
    expect(slack.workspace.fileBytes(fileId)).toEqual(PNG);
  });

  test.each([
    ['files.getUploadURLExternal', 'missing_scope'],
    ['files.getUploadURLExternal', 'file_uploads_disabled'],
    ['files.completeUploadExternal', 'file_uploads_disabled'],
  ])(
    'when %s says %s, the caller learns that files are refused, and nothing is posted',
    async (method, code) => {
      const before = slack.workspace.thread(picture.channel, picture.threadTs).length;
      await refusing(method, code, async () => {
        const refusal = await uploadFile(client, picture).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(FilesRefused);
        expect(refusal).toMatchObject({ code });
      });
      expect(slack.workspace.thread(picture.channel, picture.threadTs)).toHaveLength(before);
    },
  );

  test('a trouble that passes is tried later, what can never succeed is not', async () => {
    await refusing('files.getUploadURLExternal', 'ratelimited', async () => {
      await expect(uploadFile(client, picture)).rejects.toBeInstanceOf(Later);
    });
    await refusing('files.completeUploadExternal', 'invalid_arguments', async () => {
      await expect(uploadFile(client, picture)).rejects.toBeInstanceOf(Hopeless);
    });
  });

  test('an upload address that does not answer, or refuses, is tried later and never named', async () => {
    const gone = `http://127.0.0.1:${await freePort()}/slack/upload/secret`;
    const server = createServer((_request, response) => response.writeHead(500).end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const refusing500 = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/secret`;
    try {
      for (const upload_url of [gone, refusing500]) {
        // The first step is Slack's own; only the address it gives is another.
        const elsewhere = Object.create(client, {
          files: {
            value: {
              ...client.files,
              getUploadURLExternal: async () => ({ ok: true, upload_url, file_id: 'F0' }),
            },
          },
        }) as webApi.WebClient;
        const failure = await uploadFile(elsewhere, picture).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(Later);
        expect(String(failure)).not.toContain('secret');
      }
    } finally {
      server.close();
    }
  });
});
