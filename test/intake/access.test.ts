import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sameSecret } from '../../src/intake/credentials.ts';
import { type House, house } from './house.ts';
import { notification } from './notification.ts';

const TOKEN = 'a-token:with/odd+characters=';
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('with a token', () => {
  let it: House;
  beforeAll(async () => {
    it = await house({ token: TOKEN });
  });
  afterAll(() => it.close());

  test.each([
    ['the bearer token', `Bearer ${TOKEN}`],
    ['the bearer token, the scheme in small letters', `bearer ${TOKEN}`],
    ['the password of any user', basic(`alertmanager:${TOKEN}`)],
    ['the password of nobody', basic(`:${TOKEN}`)],
  ])('%s lets in', async (_name, authorization) => {
    expect((await it.post(notification(), { authorization })).status).toBe(200);
  });

  test.each([
    ['no credentials', undefined],
    ['an empty header', ''],
    ['another token', 'Bearer another'],
    ['no token', 'Bearer'],
    ['the beginning of the token', `Bearer ${TOKEN.slice(0, -1)}`],
    ['more than the token', `Bearer ${TOKEN}x`],
    ['the token in capitals', `Bearer ${TOKEN.toUpperCase()}`],
    ['the token without a scheme', TOKEN],
    ['the token in another scheme', `Digest ${TOKEN}`],
    ['two tokens', `Bearer ${TOKEN} ${TOKEN}`],
    ['the token as user name', basic(`${TOKEN}:`)],
    ['a user name alone', basic('alertmanager')],
    ['another password', basic(`alertmanager:${TOKEN}x`)],
    ['what is not Base64', 'Basic ???'],
  ])('%s is refused with 401', async (_name, authorization) => {
    const answer = await it.post(notification(), authorization === undefined ? {} : { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer, Basic realm="lifeguard"');
    expect(answer.body.error).toContain('ALERTMANAGER_WEBHOOK_TOKEN');
    expect(JSON.stringify(answer.body)).not.toContain(TOKEN);
  });

  test('whoever is refused learns nothing about the body', async () => {
    expect((await it.post('{')).status).toBe(401);
  });

  test('nobody refused has left a trace in the store, and no line shows what was sent', async () => {
    await it.store.pool.query(
      `alter table events disable trigger user; truncate incidents, events, effects, messages`,
    );
    await it.post(notification(), { authorization: 'Bearer guessed-token' });
    expect(await it.count()).toMatchObject({ incidents: 0 });
    expect(it.lines.join()).not.toContain('guessed-token');
  });
});

describe('without a token', () => {
  test('everybody is refused, and told which variable to set', async () => {
    for (const token of [undefined, '']) {
      const it = await house({ token, openToAll: false });
      const answers = [
        await it.post(notification()),
        await it.post(notification(), { authorization: 'Bearer ' }),
      ];
      for (const answer of answers) {
        expect([answer.status, answer.body.error]).toEqual([401, 'set ALERTMANAGER_WEBHOOK_TOKEN']);
      }
      await it.close();
    }
  });

  test('everybody is let in where it is open to all', async () => {
    const it = await house({ token: undefined, openToAll: true });
    expect((await it.post(notification())).status).toBe(200);
    await it.close();
  });
});

test('while the token is being changed both let in, and the words of a pass phrase do not', async () => {
  const [old, next, phrase] = [
    'old-token-of-alertmanager',
    'new-token-of-alertmanager',
    'correct horse battery',
  ];
  for (const [token, good, bad] of [
    [`${old} ${next}\n`, [old, next], [`${old} ${next}`, '', `${old}${next}`]],
    [phrase, [phrase], ['correct', 'horse', 'battery']],
  ] as const) {
    const it = await house({ token });
    const status = async (secret: string) =>
      (await it.post(notification(), { authorization: basic(`:${secret}`) })).status;
    for (const secret of good) expect(await status(secret), secret).toBe(200);
    for (const secret of bad) expect(await status(secret), secret).toBe(401);
    await it.close();
  }
});

test('a token that is set counts where it would be open to all, too', async () => {
  const it = await house({ token: TOKEN, openToAll: true });
  expect((await it.post(notification())).status).toBe(401);
  await it.close();
});

test('two secrets are the same only if they are equal and not empty', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  expect(sameSecret('abc', 'abd')).toBe(false);
  expect(sameSecret('', 'abc')).toBe(false);
  expect(sameSecret('abc', '')).toBe(false);
  expect(sameSecret('', '')).toBe(false);
});
