import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Actor, type Message } from '../../../src/console/server.ts';
import { type BoltBench, startBoltBench } from './bolt.ts';

/** For an app that never acknowledges; one that does has Slack's three seconds, on a busy machine too. */
const IMPATIENT_MS = 150;

describe('people who type and press, received by a real Bolt app', () => {
  let bench: BoltBench;
  let channel: string;
  beforeEach(async () => {
    bench = await startBoltBench();
    channel = bench.workspace.ensureChannel('#incidents').id;
  });
  afterEach(() => bench.stop());

  const postButtons = async (): Promise<Message> => {
    const { ts } = await bench.client.chat.postMessage({
      channel,
      text: 'choose',
      blocks: [
        {
          type: 'actions',
          block_id: 'remedies',
          elements: [
            {
              type: 'static_select',
              action_id: 'pick',
              options: ['14', '15'].map((pid) => ({
                text: { type: 'plain_text', text: `pid ${pid}` },
                value: pid,
              })),
            },
            {
              type: 'button',
              action_id: 'terminate',
              text: { type: 'plain_text', text: ':skull: Terminate' },
              value: '14',
              style: 'danger',
            },
          ],
        },
      ],
    });
    const message = bench.workspace.message(channel, ts ?? '');
    if (message === undefined) throw new Error('the message was not kept');
    return message;
  };

  test('a slash command reaches its listener with who, where and what, its signature accepted', async () => {
    let received: unknown;
    bench.app.command('/pool', async ({ ack, command }) => {
      received = command;
      await ack();
    });
    const outcome = await bench.actor.command('U0ALICE', '#incidents', '/pool', 'kill 14');
    expect(outcome).toMatchObject({ ok: true });
    expect(received).toMatchObject({
      command: '/pool',
      text: 'kill 14',
      user_id: 'U0ALICE',
      user_name: 'alice',
      channel_id: channel,
      channel_name: 'incidents',
      team_id: 'T0LOCAL',
      response_url: expect.stringContaining('/console/slack/response/'),
      trigger_id: expect.any(String),
    });
  });

  test('a request signed with another secret is refused by the app', async () => {
    let received = 0;
    bench.app.command('/pool', async ({ ack }) => {
      received += 1;
      await ack();
    });
    const { workspace, eventsUrl, url: baseUrl } = bench;
    const forger = new Actor({ workspace, eventsUrl, baseUrl, signingSecret: 'another secret' });
    const outcome = await forger.command('U0ALICE', '#incidents', '/pool');
    expect([outcome.error, received]).toEqual(['dispatch_failed', 0]);
  });

  test('an app that cannot be reached is reported as dispatch_failed', async () => {
    bench.setEventsUrl('http://127.0.0.1:1/slack/events');
    const outcome = await bench.actor.command('U0ALICE', '#incidents', '/pool');
    expect(outcome).toMatchObject({ ok: false, error: 'dispatch_failed' });
    expect(bench.workspace.ephemerals('U0ALICE').map((one) => one.text)).toEqual([
      '/pool failed with the error "dispatch_failed"',
    ]);
  });

  test('words in a command\u2019s acknowledgement are shown to that person alone', async () => {
    bench.app.command('/pool', ({ ack }) => ack('94 % used'));
    await bench.actor.command('U0ALICE', '#incidents', '/pool');
    expect(bench.workspace.ephemerals().map((one) => [one.user, one.text])).toEqual([
      ['U0ALICE', '94 % used'],
    ]);
  });

  test('a message in a command\u2019s acknowledgement can be for everybody', async () => {
    bench.app.command('/pool', ({ ack }) => ack({ response_type: 'in_channel', text: 'for all' }));
    await bench.actor.command('U0ALICE', '#incidents', '/pool');
    expect(bench.workspace.messages('#incidents').map((one) => one.text)).toEqual(['for all']);
  });

  test('an app that does not acknowledge in time is reported as operation_timeout', async () => {
    await bench.stop();
    bench = await startBoltBench({ ackTimeoutMs: IMPATIENT_MS });
    bench.app.command('/pool', async () => undefined);
    const outcome = await bench.actor.command('U0ALICE', '#incidents', '/pool');
    expect(outcome).toMatchObject({ ok: false, error: 'operation_timeout' });
    expect(bench.workspace.ephemerals('U0ALICE').map((one) => one.text)).toEqual([
      '/pool failed with the error "operation_timeout"',
    ]);
  });

  test('a button is found by its words without the emoji and arrives as Slack sends it', async () => {
    const message = await postButtons();
    let received: unknown;
    bench.app.action('terminate', async ({ ack, body }) => {
      received = body;
      await ack();
    });
    await bench.actor.press('U0BOB', message, 'Terminate', { state: { pick: '15' } });
    expect(received).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0BOB', username: 'bob', team_id: 'T0LOCAL' },
      container: { type: 'message', message_ts: message.ts, channel_id: channel, is_ephemeral: false },
      channel: { id: channel, name: 'incidents' },
      message: { type: 'message', ts: message.ts, bot_id: 'B0LIFEGUARD' },
      actions: [
        { type: 'button', action_id: 'terminate', block_id: 'remedies', value: '14', style: 'danger' },
      ],
      state: { values: { remedies: { pick: { type: 'static_select', selected_option: { value: '15' } } } } },
    });
  });

  test('a choice in a menu arrives with the chosen option', async () => {
    const message = await postButtons();
    let received: unknown;
    bench.app.action('pick', async ({ ack, payload }) => {
      received = payload;
      await ack();
    });
    await bench.actor.select('U0BOB', message, 'pick', '14');
    expect(received).toMatchObject({
      type: 'static_select',
      selected_option: { value: '14', text: { text: 'pid 14' } },
    });
  });

  test('a button that is not there cannot be pressed, and the message says which there are', async () => {
    const message = await postButtons();
    await expect(bench.actor.press('U0BOB', message, 'Approve')).rejects.toThrow(
      /there are: pick, Terminate/,
    );
  });

  test('a button seen before the message changed can still be pressed', async () => {
    const seen = await postButtons();
    await bench.client.chat.update({ channel, ts: seen.ts, text: 'done', blocks: [{ type: 'divider' }] });
    let pressed = 0;
    bench.app.action('terminate', async ({ ack }) => {
      pressed += 1;
      await ack();
    });
    await bench.actor.press('U0BOB', seen, 'Terminate');
    expect(pressed).toBe(1);
    await expect(bench.actor.press('U0BOB', { channel, ts: seen.ts }, 'Terminate')).rejects.toThrow(/none/);
  });

  test('an event reaches its listener in its envelope', async () => {
    let received: unknown;
    bench.app.event('app_mention', async ({ event }) => {
      received = event;
    });
    const event = { type: 'app_mention', user: 'U0BOB', text: 'help', ts: '1700000000.000001', channel };
    expect(await bench.actor.event(event)).toMatchObject({ ok: true });
    expect(received).toMatchObject({ text: 'help' });
  });

  describe('response_url', () => {
    const press = async (answer: object): Promise<Message> => {
      const message = await postButtons();
      let answered: Promise<unknown> = Promise.resolve();
      bench.app.action('terminate', async ({ ack, respond }) => {
        await ack();
        answered = respond(answer);
        await answered.catch(() => undefined);
      });
      await bench.actor.press('U0BOB', message, 'Terminate');
      await expect
        .poll(() =>
          answered.then(
            () => true,
            () => true,
          ),
        )
        .toBe(true);
      return message;
    };

    test('says something to that person alone unless told otherwise', async () => {
      await press({ text: 'only you' });
      await expect
        .poll(() => bench.workspace.ephemerals('U0BOB').map((one) => one.text))
        .toEqual(['only you']);
    });

    test('replaces the message it came from', async () => {
      const message = await press({ replace_original: true, text: 'replaced' });
      await expect.poll(() => bench.workspace.message(channel, message.ts)?.text).toBe('replaced');
      expect(bench.workspace.message(channel, message.ts)?.blocks).toBeUndefined();
    });

    test('deletes the message it came from', async () => {
      const message = await press({ delete_original: true });
      await expect.poll(() => bench.workspace.message(channel, message.ts)).toBeUndefined();
    });

    const urlOf = async (): Promise<string> => {
      let url = '';
      bench.app.command('/url', async ({ ack, command }) => {
        url = command.response_url;
        await ack();
      });
      await bench.actor.command('U0BOB', '#incidents', '/url');
      return url;
    };
    const send = (url: string, body: object) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });

    test('takes five posts and not a sixth', async () => {
      const url = await urlOf();
      for (let post = 0; post < 5; post += 1) expect((await send(url, { text: `${post}` })).status).toBe(200);
      const sixth = await send(url, { text: 'one too many' });
      expect(sixth.status).toBe(404);
      expect(await sixth.json()).toMatchObject({ error: 'used_url' });
      expect(bench.workspace.ephemerals('U0BOB')).toHaveLength(5);
    });

    test('refuses faulty blocks and an address nobody gave out', async () => {
      const url = await urlOf();
      const faulty = await send(url, { text: 'x', blocks: [{ type: 'sparkle' }] });
      expect(faulty.status).toBe(400);
      expect(await faulty.json()).toMatchObject({ error: 'invalid_blocks' });
      expect((await send(`${url}X`, { text: 'x' })).status).toBe(404);
    });
  });
});

describe('a response_url past its time', () => {
  test('is refused after thirty minutes', async () => {
    let now = Date.now();
    const bench = await startBoltBench({ now: () => now });
    let url = '';
    bench.app.command('/url', async ({ ack, command }) => {
      url = command.response_url;
      await ack();
    });
    await bench.actor.command('U0BOB', '#incidents', '/url');
    now += 30 * 60 * 1_000 + 1;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'late' }) });
    const answer: unknown = await response.json();
    await bench.stop();
    expect([response.status, answer]).toMatchObject([404, { error: 'expired_url' }]);
  });
});
