import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bench, refusalOf, startBench } from './client.ts';

describe('reading methods, called by the real Slack client', () => {
  let bench: Bench;
  let channel: string;
  const stamps: string[] = [];

  beforeAll(async () => {
    bench = await startBench({
      groups: [{ id: 'S0DBA', handle: 'dba', name: 'Database administrators', users: ['U0BOB'] }],
    });
    channel = bench.workspace.ensureChannel('#incidents').id;
    for (let index = 0; index < 5; index += 1) {
      const { ts } = await bench.client.chat.postMessage({
        channel,
        text: `message ${index}`,
        metadata: { event_type: 'lifeguard', event_payload: { effect: `effect-${index}` } },
      });
      stamps.push(ts ?? '');
    }
    await bench.client.chat.postMessage({ channel, text: 'reply', thread_ts: stamps[0] ?? '' });
  });
  afterAll(() => bench.stop());

  test('history gives parents, newest first, page by page', async () => {
    const first = await bench.client.conversations.history({ channel, limit: 3 });
    expect(first.messages?.map((one) => one.text)).toEqual(['message 4', 'message 3', 'message 2']);
    expect(first.has_more).toBe(true);
    const cursor = first.response_metadata?.next_cursor ?? '';
    const second = await bench.client.conversations.history({ channel, limit: 3, cursor });
    expect(second.messages?.map((one) => one.text)).toEqual(['message 1', 'message 0']);
    expect(second.response_metadata?.next_cursor).toBe('');
  });

  test('oldest and latest cut exclusively unless told otherwise', async () => {
    const bounds = { channel, oldest: stamps[1] ?? '', latest: stamps[3] ?? '' };
    const exclusive = await bench.client.conversations.history(bounds);
    expect(exclusive.messages?.map((one) => one.ts)).toEqual([stamps[2]]);
    const inclusive = await bench.client.conversations.history({ ...bounds, inclusive: true });
    expect(inclusive.messages?.map((one) => one.ts)).toEqual([stamps[3], stamps[2], stamps[1]]);
  });

  test('metadata comes only to those who ask for it', async () => {
    const plain = await bench.client.conversations.replies({ channel, ts: stamps[0] ?? '' });
    expect(plain.messages?.[0]).not.toHaveProperty('metadata');
    const full = await bench.client.conversations.replies({
      channel,
      ts: stamps[0] ?? '',
      include_all_metadata: true,
    });
    expect(full.messages?.[0]?.metadata).toEqual({
      event_type: 'lifeguard',
      event_payload: { effect: 'effect-0' },
    });
  });

  test('a thread, a channel, a person and a group that are not there are refused', async () => {
    const { conversations, users, usergroups } = bench.client;
    const ts = '1700000000.000001';
    expect((await refusalOf(conversations.replies({ channel, ts }))).error).toBe('thread_not_found');
    expect((await refusalOf(conversations.info({ channel: 'C0NOWHERE' }))).error).toBe('channel_not_found');
    expect((await refusalOf(conversations.history({ channel: '#incidents' }))).error).toBe(
      'channel_not_found',
    );
    expect((await refusalOf(users.info({ user: 'U0NOBODY' }))).error).toBe('user_not_found');
    expect((await refusalOf(usergroups.users.list({ usergroup: 'S0NONE' }))).error).toBe('no_such_subteam');
    expect((await refusalOf(conversations.history({ channel, cursor: 'bogus' }))).error).toBe(
      'invalid_cursor',
    );
  });

  test('people, groups and channels are listed', async () => {
    const { members } = await bench.client.users.list({});
    expect(members?.map((one) => one.real_name)).toEqual(['Alice', 'Bob', 'Lifeguard']);
    const { usergroups } = await bench.client.usergroups.list({ include_users: true });
    expect(usergroups).toMatchObject([{ id: 'S0DBA', handle: 'dba', users: ['U0BOB'] }]);
    const { channels } = await bench.client.conversations.list({});
    expect(channels?.map((one) => one.name)).toEqual(['incidents', 'backend-team']);
    const { user } = await bench.client.users.info({ user: 'U0BOB' });
    expect(user?.profile?.title).toBe('Database administrator');
  });

  test('where the bot has not joined it may post only with chat:write.public, and read only after joining', async () => {
    const outside = bench.workspace.ensureChannel('#elsewhere', { member: false }).id;
    await bench.client.chat.postMessage({ channel: outside, text: 'allowed by scope' });
    const { conversations } = bench.client;
    expect((await refusalOf(conversations.history({ channel: outside }))).error).toBe('not_in_channel');
    await conversations.join({ channel: outside });
    expect((await conversations.history({ channel: outside })).messages).toHaveLength(1);

    const narrow = await startBench({ scopes: ['chat:write'] });
    const closed = narrow.workspace.ensureChannel('#elsewhere', { member: false }).id;
    const refused = await refusalOf(narrow.client.chat.postMessage({ channel: closed, text: 'x' }));
    await narrow.stop();
    expect(refused.error).toBe('not_in_channel');
  });
});
