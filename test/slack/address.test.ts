import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL_SCOPES, type StandIn, startSlackStandIn } from '../../src/console/server.ts';
import { Later } from '../../src/effects/handler.ts';
import { addressOf } from '../../src/slack/address.ts';
import { createSlackClient } from '../../src/slack/client.ts';
import { recordingLog } from '../intake/web.ts';

const USERS = [
  { id: 'U0BOB', real_name: 'Bob', email: 'bob@example.com' },
  { id: 'U0CAROL', real_name: 'Carol' },
];

let full: StandIn;
let blind: StandIn;
beforeAll(async () => {
  full = await startSlackStandIn({ users: USERS });
  const scopes = ALL_SCOPES.filter((scope) => scope !== 'users:read.email');
  blind = await startSlackStandIn({ users: USERS, scopes });
});
afterAll(() => Promise.all([full.stop(), blind.stop()]));

const { log, lines } = recordingLog();
const ask = ({ botToken, apiUrl }: StandIn, user: string) =>
  addressOf(createSlackClient({ token: botToken, apiUrl, log }), user);

test('the address is asked of Slack; where it is not told, words say why', async () => {
  expect(await ask(full, 'U0BOB')).toEqual({ email: 'bob@example.com' });
  expect(await ask(full, 'U0CAROL')).toMatchObject({ unknown: expect.stringContaining('does not tell') });
  expect(await ask(blind, 'U0BOB')).toMatchObject({ unknown: expect.stringContaining('users:read.email') });
  expect(await ask(full, 'U0NOBODY')).toEqual({ unknown: 'Slack does not know them' });
  expect(lines.join()).not.toContain('bob@example.com');
});

test('a Slack that does not answer is asked again later', async () => {
  full.api.faults = () => ({ kind: 'status', status: 503 });
  await expect(ask(full, 'U0BOB')).rejects.toBeInstanceOf(Later);
  full.api.faults = undefined;
});
