import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault } from '../../src/console/slack/faults.ts';
import { Groups, MEMBERSHIP_TTL_MS } from '../../src/slack/groups.ts';
import { type Bench, startBench } from '../console/slack/client.ts';

let bench: Bench;
let fault: Fault | undefined;
let now: number;
let members: string[];

beforeEach(async () => {
  fault = undefined;
  now = 1_000_000;
  members = ['U0ALICE'];
  bench = await startBench({
    faults: (method) => (method === 'usergroups.users.list' ? fault : undefined),
    groups: [
      // Read anew at each call, so that a test can change who is in it.
      {
        id: 'S0ONCALL',
        name: 'On call',
        handle: 'oncall',
        get users() {
          return members;
        },
      },
      { id: 'S0DBA', name: 'DBA', handle: 'dba', users: ['U0BOB'] },
    ],
  });
});
afterEach(() => bench.stop());

const groups = (ids: readonly string[] = ['S0ONCALL', 'S0DBA']) => new Groups(bench.client, ids, () => now);

test('a membership is read once and believed for a minute, whoever is asked about', async () => {
  const known = groups(['S0ONCALL', 'S0DBA', 'S0ONCALL']);
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
  members = [];
  now += MEMBERSHIP_TTL_MS - 1;
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
  expect(await known.of('U0BOB')).toEqual(['S0DBA']);
  expect(bench.api.calls.map(({ method, args }) => [method, args['usergroup']])).toEqual([
    ['usergroups.users.list', 'S0ONCALL'],
    ['usergroups.users.list', 'S0DBA'],
  ]);
});

test('after a minute it is read anew: who was taken out is out, who was put in is in', async () => {
  const known = groups();
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
  members = ['U0CAROL'];
  now += MEMBERSHIP_TTL_MS;
  expect(await known.of('U0ALICE')).toEqual([]);
  expect(await known.of('U0CAROL')).toEqual(['S0ONCALL']);
  expect(bench.api.calls).toHaveLength(4);
});

test.each<[string, Fault]>([
  ['refused', { kind: 'error', error: 'missing_scope' }],
  ['rate limited', { kind: 'status', status: 429, headers: { 'retry-after': '30' } }],
  ['broken off', { kind: 'drop' }],
])('a membership older than a minute is not believed when the reading is %s', async (_how, trouble) => {
  const known = groups();
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
  fault = trouble;
  now += MEMBERSHIP_TTL_MS - 1;
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
  now += 1;
  expect(await known.of('U0ALICE')).toBe('unreadable');
  fault = undefined;
  expect(await known.of('U0ALICE')).toEqual(['S0ONCALL']);
});

test('one group of several that is not there makes all unknown; with no group in the rules nothing is asked', async () => {
  expect(await groups(['S0ONCALL', 'S0GONE']).of('U0ALICE')).toBe('unreadable');
  const asked = bench.api.calls.length;
  expect(await groups([]).of('U0ALICE')).toEqual([]);
  expect(bench.api.calls).toHaveLength(asked);
});
