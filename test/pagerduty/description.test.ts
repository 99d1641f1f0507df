import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Call } from '../../src/console/pager/call.ts';
import { createEvents } from '../../src/pagerduty/events.ts';
import { OnCalls } from '../../src/pagerduty/on-call.ts';
import { createRest } from '../../src/pagerduty/rest.ts';
import { triggerOf } from '../../src/pagerduty/trigger.ts';
import { inThread } from '../incident/given.ts';
import { API_TOKEN, FROM_EMAIL, ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { operationOf } from '../support/pagerduty/description.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

let pagerDuty: TestPagerDuty;
const calls: Call[] = [];
beforeAll(async () => {
  pagerDuty = await startPagerDuty();
  pagerDuty.faults.whenever((call) => {
    calls.push(call);
    return undefined;
  });
});
afterAll(() => pagerDuty.stop());

test('every request is one that PagerDuty describes, with the parameters, headers and body described', async () => {
  const { server, ca } = pagerDuty;
  const events = createEvents({ server, ca });
  const rest = createRest({ server, ca, token: API_TOKEN, fromEmail: FROM_EMAIL });
  const page = { routingKey: ROUTING_KEYS.L1, dedupKey: 'described' };
  const story = inThread();
  const links = { dashboard: 'https://grafana.example.com/d/1' };
  await events.send({ ...triggerOf(story.incident, 1, links), ...page, action: 'trigger' });
  await events.send({ ...page, action: 'acknowledge' });
  const found = await rest.findIncident('described');
  const id = (found.kind === 'done' && found.value?.id) || '';
  await rest.escalate({ id }, 2);
  await rest.addNote(id, 'Done');
  const user = await rest.userByEmail('Grace@example.com');
  await rest.assign(id, (user.kind === 'done' && user.value?.id) || '');
  await rest.notes(id);
  await rest.incidentKey(id);
  await rest.services();
  await rest.onCalls({ escalationPolicyIds: ['PPOLICYL1', 'PPOLICYL2'] });
  await events.send({ ...page, action: 'resolve' });
  expect([...new Set(calls.map(operationOf))].toSorted()).toEqual([
    'createIncidentNote',
    'createV2Event',
    'getIncident',
    'listIncidentNotes',
    'listIncidents',
    'listOnCalls',
    'listServices',
    'listUsers',
    'updateIncident',
  ]);
  expect(pagerDuty.requests.every(({ status }) => status === 200 || status === 202)).toBe(true);
});

test('a request that is not as described is found out', async () => {
  const [first] = calls;
  if (first === undefined) throw new Error('no call was recorded');
  const spoilt = { ...first, body: Buffer.from(first.body.toString().replace('"critical"', '"fatal"')) };
  expect(() => operationOf(spoilt)).toThrow();
  expect(() => operationOf({ ...first, path: '/v2/other' })).toThrow('describes no');
  const list = calls.find(({ path }) => path === '/oncalls');
  if (list === undefined) throw new Error('nobody asked who is on call');
  expect(() => operationOf({ ...list, query: new URLSearchParams('policy=1') })).toThrow();
});

test('who is on call is known by the key of each level, kept for a minute, and waited for by no page', async () => {
  let now = 0;
  const { server, ca } = pagerDuty;
  const rest = createRest({ server, ca, token: API_TOKEN, fromEmail: FROM_EMAIL });
  const onCalls = new OnCalls({
    rest,
    pools: [undefined],
    pagesOf: () => [
      { routingKey: ROUTING_KEYS.L1 },
      undefined,
      { escalationLevel: 2 },
      { routingKey: '0'.repeat(32) },
    ],
    now: () => now,
  });
  expect(onCalls.known(undefined, 1)).toBeUndefined();
  expect(await onCalls.of(undefined)).toEqual([
    { level: 1, people: ['Ada Byron'] },
    { level: 3, people: ['Grace Hopper'] },
  ]);
  const asked = pagerDuty.requests.length;
  expect(onCalls.known(undefined, 3)).toEqual(['Grace Hopper']);
  expect(onCalls.known(undefined, 4)).toBeUndefined();
  await onCalls.of(undefined);
  expect(pagerDuty.requests.length).toBe(asked);
  now += 61_000;
  // The old answer at once; the new one is asked for beside it, the services are not asked again.
  expect(onCalls.known(undefined, 1)).toEqual(['Ada Byron']);
  await onCalls.of(undefined);
  expect(pagerDuty.requests.length).toBe(asked + 1);
  now += 60 * 60_000;
  expect(onCalls.known(undefined, 1)).toBeUndefined();
  expect(new OnCalls({ rest: undefined, pools: [], pagesOf: () => [] }).known(undefined, 1)).toBeUndefined();
});
