import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, refusalOf, startBench } from './client.ts';

describe('chat methods, called by the real Slack client', () => {
  let bench: Bench;
  let channel: string;

  beforeAll(async () => {
    bench = await startBench();
    channel = bench.workspace.ensureChannel('#backend-team').id;
  });
  afterAll(() => bench.stop());

  const post = async (text: string, more: object = {}): Promise<string> => {
    const answer = await bench.client.chat.postMessage({ channel, text, ...more });
    return answer.ts ?? '';
  };

  test('a message posted by channel name or id is there, with blocks completed as Slack completes them', async () => {
    const answer = await bench.client.chat.postMessage({
      channel: '#backend-team',
      text: 'Pool orders at 94 %',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '*Pool orders* at 94 %' } },
        {
          type: 'actions',
          elements: [{ type: 'button', text: { type: 'plain_text', text: 'Acknowledge' } }],
        },
      ],
    });
    expect(answer.channel).toBe(channel);
    expect(answer.ts).toMatch(/^\d{10}\.\d{6}$/);
    expect(answer.message).toMatchObject({
      type: 'message',
      bot_id: 'B0LIFEGUARD',
      text: 'Pool orders at 94 %',
    });
    const [section, actions] = bench.workspace.message(channel, answer.ts ?? '')?.blocks ?? [];
    expect(section).toMatchObject({ block_id: expect.any(String), text: { verbatim: false } });
    expect(actions).toMatchObject({ elements: [{ action_id: expect.any(String), text: { emoji: true } }] });
  });

  test('timestamps rise strictly, however fast messages come', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => post(`message ${index}`)));
    const sorted = [...all].sort();
    expect(new Set(all).size).toBe(20);
    expect(
      bench.workspace
        .messages(channel)
        .slice(-20)
        .map((message) => message.ts),
    ).toEqual(sorted);
  });

  test('a reply is counted on its parent and read back in its thread', async () => {
    const ts = await post('parent');
    await post('first', { thread_ts: ts });
    const last = await post('second', { thread_ts: ts });
    const { messages } = await bench.client.conversations.replies({ channel, ts });
    expect(messages?.map((one) => one.text)).toEqual(['parent', 'first', 'second']);
    expect(messages?.[0]).toMatchObject({ reply_count: 2, latest_reply: last, thread_ts: ts });
    expect(messages?.[1]).toMatchObject({ parent_user_id: 'U0LIFEGUARD', thread_ts: ts });
  });

  test('an unknown channel, no text, too much text and a thread that is not there are refused in Slack\u2019s words', async () => {
    const { chat } = bench.client;
    expect((await refusalOf(chat.postMessage({ channel: '#nowhere', text: 'x' }))).error).toBe(
      'channel_not_found',
    );
    expect((await refusalOf(chat.postMessage({ channel, text: '' }))).error).toBe('no_text');
    const long = 'x'.repeat(40_001);
    expect((await refusalOf(chat.postMessage({ channel, text: long }))).error).toBe('msg_too_long');
    const lost = { channel, text: 'x', thread_ts: '1700000000.000001' };
    expect((await refusalOf(chat.postMessage(lost))).error).toBe('thread_not_found');
    const malformed = await refusalOf(chat.postMessage({ channel, text: 'x', thread_ts: 'yesterday' }));
    expect(malformed).toMatchObject({
      error: 'invalid_thread_ts',
      messages: ['[ERROR] yesterday is not a valid thread_ts'],
    });
  });

  test('a reply to a reply is refused: its parent has to be named', async () => {
    const ts = await post('parent');
    const reply = await post('reply', { thread_ts: ts });
    const refused = await refusalOf(bench.client.chat.postMessage({ channel, text: 'x', thread_ts: reply }));
    expect(refused.error).toBe('cannot_reply_to_message');
  });

  test('faulty blocks are refused with a pointer to the fault, and nothing is posted', async () => {
    const before = bench.workspace.messages(channel).length;
    const refused = await refusalOf(
      bench.client.chat.postMessage({
        channel,
        text: 'x',
        blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }],
      }),
    );
    expect(refused.error).toBe('invalid_blocks');
    expect(refused.messages).toEqual([
      '[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
    ]);
    expect(bench.workspace.messages(channel)).toHaveLength(before);
  });

  test('an update keeps the thread and the metadata, takes blocks away when it brings text alone', async () => {
    const ts = await post('before', {
      blocks: [{ type: 'divider' }],
      metadata: { event_type: 'lifeguard', event_payload: { effect: 'e1' } },
    });
    await post('reply', { thread_ts: ts });
    await bench.client.chat.update({ channel, ts, text: 'after' });
    const message = bench.workspace.message(channel, ts);
    expect(message).toMatchObject({
      text: 'after',
      reply_count: 1,
      metadata: { event_payload: { effect: 'e1' } },
    });
    expect(message?.blocks).toBeUndefined();
    expect(message?.edited).toMatchObject({ user: 'U0LIFEGUARD' });
  });

  test('an update with blocks shows no "edited"', async () => {
    const ts = await post('before');
    await bench.client.chat.update({ channel, ts, text: 'after', blocks: [{ type: 'divider' }] });
    expect(bench.workspace.message(channel, ts)?.edited).toBeUndefined();
  });

  test('only its own messages can be updated or deleted by the app', async () => {
    const { ts } = bench.actor.say('U0ALICE', channel, 'from a person');
    const { chat } = bench.client;
    expect((await refusalOf(chat.update({ channel, ts, text: 'x' }))).error).toBe('cant_update_message');
    expect((await refusalOf(chat.delete({ channel, ts }))).error).toBe('cant_delete_message');
    const missing = { channel, ts: '1700000000.000001', text: 'x' };
    expect((await refusalOf(chat.update(missing))).error).toBe('message_not_found');
  });

  test('a deleted message is gone', async () => {
    const ts = await post('soon gone');
    await bench.client.chat.delete({ channel, ts });
    expect(bench.workspace.message(channel, ts)).toBeUndefined();
  });

  test('an ephemeral message is shown to its person alone and is in no history', async () => {
    const { message_ts } = await bench.client.chat.postEphemeral({ channel, user: 'U0BOB', text: 'for Bob' });
    expect(bench.workspace.ephemerals('U0BOB').map((one) => one.ts)).toContain(message_ts);
    expect(bench.workspace.ephemerals('U0ALICE')).toEqual([]);
    const { messages } = await bench.client.conversations.history({ channel });
    expect(messages?.map((one) => one.ts)).not.toContain(message_ts);
  });

  test('a permalink leads into the page, a reply\u2019s with its thread', async () => {
    const ts = await post('parent');
    const reply = await post('reply', { thread_ts: ts });
    const parentLink = await bench.client.chat.getPermalink({ channel, message_ts: ts });
    expect(parentLink.permalink).toBe(`${bench.url}#${channel}/p${ts.replace('.', '')}`);
    const replyLink = await bench.client.chat.getPermalink({ channel, message_ts: reply });
    expect(replyLink.permalink).toContain(`?thread_ts=${ts}&cid=${channel}`);
  });

  test('metadata of the wrong shape is refused', async () => {
    const metadata = { event_type: 'lifeguard', event_payload: 'no object' };
    const call = bench.client.apiCall('chat.postMessage', { channel, text: 'x', metadata });
    expect((await refusalOf(call)).error).toBe('invalid_metadata_format');
  });

  test('a person can be written to directly', async () => {
    const answer = await bench.client.chat.postMessage({ channel: 'U0BOB', text: 'direct' });
    expect(answer.channel).toMatch(/^D/);
    const { channels } = await bench.client.conversations.list({ types: 'im' });
    expect(channels).toMatchObject([{ id: answer.channel, is_im: true, user: 'U0BOB' }]);
  });

  test('reactions and pins are put once', async () => {
    const ts = await post('react to me');
    await bench.client.reactions.add({ channel, timestamp: ts, name: 'eyes' });
    await bench.client.pins.add({ channel, timestamp: ts });
    const again = bench.client.reactions.add({ channel, timestamp: ts, name: 'eyes' });
    expect((await refusalOf(again)).error).toBe('already_reacted');
    expect((await refusalOf(bench.client.pins.add({ channel, timestamp: ts }))).error).toBe('already_pinned');
    expect(bench.workspace.message(channel, ts)).toMatchObject({
      reactions: [{ name: 'eyes' }],
      pinned: true,
    });
  });

  test('a JSON body is understood as well as form fields', async () => {
    const response = await fetch(`${bench.apiUrl}chat.postMessage`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bench.botToken}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify({ channel, text: 'as JSON', blocks: [{ type: 'divider' }] }),
    });
    expect(await response.json()).toMatchObject({
      ok: true,
      message: { text: 'as JSON', blocks: [{ type: 'divider' }] },
    });
  });
});
