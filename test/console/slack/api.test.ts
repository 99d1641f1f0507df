import { afterEach, describe, expect, test } from 'vitest';
import { type Bench, refusalOf, startBench } from './client.ts';

describe('the Web API as a whole', () => {
  let bench: Bench;
  afterEach(() => bench.stop());

  test('no token, a wrong token and an unknown method are refused', async () => {
    bench = await startBench();
    expect((await refusalOf(bench.connect(undefined).auth.test())).error).toBe('not_authed');
    expect((await refusalOf(bench.connect('xoxb-wrong').auth.test())).error).toBe('invalid_auth');
    expect((await refusalOf(bench.client.apiCall('no.such.method'))).error).toBe('unknown_method');
  });

  test('auth.test names the bot and lists the scopes', async () => {
    bench = await startBench({ scopes: ['chat:write', 'commands'] });
    const answer = await bench.client.auth.test();
    expect(answer).toMatchObject({ user_id: 'U0LIFEGUARD', bot_id: 'B0LIFEGUARD', team_id: 'T0LOCAL' });
    expect(answer.response_metadata?.scopes).toEqual(['chat:write', 'commands']);
  });

  test('a missing scope is named together with those there are', async () => {
    bench = await startBench({ scopes: ['chat:write'] });
    const refused = await refusalOf(bench.client.users.list({}));
    expect(refused.data).toMatchObject({
      error: 'missing_scope',
      needed: 'users:read',
      provided: 'chat:write',
    });
  });

  test('a missing argument is named', async () => {
    bench = await startBench();
    const refused = await refusalOf(bench.client.apiCall('chat.postMessage', { text: 'x' }));
    expect(refused).toMatchObject({
      error: 'invalid_arguments',
      messages: ['[ERROR] missing required field: channel'],
    });
  });

  test('messages into one channel are let through at one a second after a burst, with Retry-After', async () => {
    let now = Date.now();
    bench = await startBench({ pacing: { burst: 2 }, now: () => now });
    const post = (channel: string) => bench.client.chat.postMessage({ channel, text: 'x' });
    await post('#incidents');
    await post('#incidents');
    await expect(post('#incidents')).rejects.toMatchObject({
      code: 'slack_webapi_rate_limited_error',
      retryAfter: 1,
    });
    await post('#backend-team');
    now += 1_000;
    await post('#incidents');
    await expect(post('#incidents')).rejects.toMatchObject({ retryAfter: 1 });
  });

  test('other methods are counted by their tier', async () => {
    const now = Date.now();
    bench = await startBench({ pacing: {}, now: () => now });
    for (let call = 0; call < 20; call += 1) await bench.client.users.list({});
    await expect(bench.client.users.list({})).rejects.toMatchObject({ retryAfter: 3 });
    await bench.client.users.info({ user: 'U0BOB' });
  });

  test('without pacing nothing is counted', async () => {
    bench = await startBench();
    for (let call = 0; call < 10; call += 1)
      await bench.client.chat.postMessage({ channel: '#incidents', text: 'x' });
    expect(bench.workspace.messages('#incidents')).toHaveLength(10);
  });

  test('every call is on record with its arguments readable', async () => {
    bench = await startBench();
    await bench.client.chat.postMessage({ channel: '#incidents', text: 'x', blocks: [{ type: 'divider' }] });
    expect(bench.api.calls).toMatchObject([
      {
        method: 'chat.postMessage',
        args: { channel: '#incidents', blocks: [{ type: 'divider' }] },
        token: 'xoxb-local',
      },
    ]);
  });

  test('a fault before the call leaves nothing behind', async () => {
    bench = await startBench({ faults: () => ({ kind: 'status', status: 503 }) });
    await expect(bench.client.chat.postMessage({ channel: '#incidents', text: 'x' })).rejects.toMatchObject({
      statusCode: 503,
    });
    bench.api.faults = () => ({ kind: 'drop' });
    await expect(bench.client.chat.postMessage({ channel: '#incidents', text: 'x' })).rejects.toThrow();
    bench.api.faults = () => ({ kind: 'error', error: 'fatal_error' });
    const refused = await refusalOf(bench.client.chat.postMessage({ channel: '#incidents', text: 'x' }));
    expect(refused.error).toBe('fatal_error');
    expect(bench.workspace.messages('#incidents')).toEqual([]);
  });

  test('a fault after the call loses the answer, not the message', async () => {
    bench = await startBench();
    bench.api.faults = (method) =>
      method === 'chat.postMessage' ? { kind: 'after', answer: 'drop' } : undefined;
    await expect(bench.client.chat.postMessage({ channel: '#incidents', text: 'once' })).rejects.toThrow();
    expect(bench.workspace.messages('#incidents').map((one) => one.text)).toEqual(['once']);
  });

  test('a call that is never answered ends at the client\u2019s own timeout', async () => {
    bench = await startBench({ faults: () => ({ kind: 'timeout' }) });
    const impatient = bench.connect(bench.botToken, { timeout: 50 });
    await expect(impatient.auth.test()).rejects.toThrow(/timeout|abort/i);
  });
});
