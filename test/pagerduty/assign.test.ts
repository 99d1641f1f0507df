import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Later } from '../../src/effects/handler.ts';
import type { Address } from '../../src/pagerduty/assign.ts';
import { noteView } from '../../src/slack/views/note.ts';
import { ALICE, DIRK, inThread, MINUTE, POLICY, RITA, type Story, types } from '../incident/given.ts';
import { API_TOKEN, ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';
import { pagerWorks } from './works.ts';

const WITH_REST = { ...POLICY, escalation: { ...POLICY.escalation, rest: true } };

let pagerDuty: TestPagerDuty;
let address: Address | Error;
beforeAll(async () => {
  pagerDuty = await startPagerDuty();
});
afterAll(() => pagerDuty.stop());
beforeEach(() => {
  pagerDuty.faults.clear();
  for (const incident of pagerDuty.incidents) incident.status = 'resolved';
  address = { email: 'Grace@Example.com' };
});

/** Level 1 is paged, and Rita hands the incident over to Alice. */
async function handedOver(): Promise<{ story: Story; works: ReturnType<typeof pagerWorks> }> {
  const story = inThread(WITH_REST).given({ type: 'Acknowledge', by: RITA });
  const works = pagerWorks(pagerDuty, story, {
    pageOf: () => ({ routingKey: ROUTING_KEYS.L1 }),
    addressOf: async () => {
      if (address instanceof Error) throw address;
      return address;
    },
  });
  await works.next('pagerduty.event');
  await works.next('pagerduty.event');
  story.at(MINUTE).given({ type: 'HandOver', by: RITA, to: ALICE });
  return { story, works };
}

const page = () => {
  const incident = pagerDuty.incidents.at(-1);
  return { status: incident?.status, with: incident?.assignedTo?.map(({ name }) => name) };
};
const reassignments = () => pagerDuty.requests.filter(({ method }) => method === 'PUT').length;
const last = (story: Story): string => {
  const event = story.events.at(-1);
  return (event && noteView(story.incident, event, { policy: story.policy })?.text) ?? '';
};

test('a hand-over gives the page to the person, by the address that Slack has, and the thread says so', async () => {
  const { story, works } = await handedOver();
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  expect(page()).toEqual({ status: 'triggered', with: ['Grace Hopper'] });
  expect(last(story)).toBe('PagerDuty, level 1: the page is with Grace Hopper now.');
  expect(story.incident.levels[0]?.assignees).toEqual(['Grace Hopper']);
});

test('an answer that was lost pages nobody twice', async () => {
  const { story, works } = await handedOver();
  const before = reassignments();
  pagerDuty.faults.whenever(({ method }) => (method === 'PUT' ? FAULT.loseAnswer() : undefined));
  expect(await works.next('pagerduty.assign')).toMatchObject({ end: 'later' });
  expect(page().with).toEqual(['Grace Hopper']);
  pagerDuty.faults.clear();
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  expect(reassignments() - before).toBe(1);
  expect(types(story.events).filter((type) => type === 'PageAssigned')).toHaveLength(1);
});

test.each<[string, Address, string]>([
  ['whom PagerDuty does not know', { email: 'al@example.com' }, 'knows nobody by their e-mail address'],
  ['whose address Slack does not tell', { unknown: 'Slack does not know them' }, 'Slack does not know them'],
])('of a person %s the thread says so, without the address', async (_who, known, words) => {
  address = known;
  const { story, works } = await handedOver();
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  expect(page()).toEqual({ status: 'acknowledged', with: undefined });
  expect(last(story)).toContain('the page was not given to');
  expect(last(story)).toContain(words);
  expect(last(story)).not.toContain('example.com');
});

test('what PagerDuty refuses is told; when it or Slack does not answer it is tried again', async () => {
  const { story, works } = await handedOver();
  address = new Later('Slack: ratelimited', { afterMs: 7_000 });
  expect(await works.next('pagerduty.assign')).toMatchObject({ end: 'later', afterMs: 7_000 });
  address = { email: 'grace@example.com' };
  pagerDuty.faults.next(FAULT.restRateLimited(20));
  expect(await works.next('pagerduty.assign')).toMatchObject({ end: 'later', afterMs: 20_000 });
  pagerDuty.faults.next(FAULT.answer(403, { error: { message: `no ${API_TOKEN}`, code: 2010 } }));
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  expect(last(story)).toContain('PagerDuty answered 403');
  expect(last(story)).not.toContain(API_TOKEN);
});

test('a page of somebody who has handed the incident on, or of one that is over, stays where it is', async () => {
  const before = reassignments();
  const { story, works } = await handedOver();
  story.given({ type: 'HandOver', by: ALICE, to: DIRK });
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  story.given({ type: 'Resolve', by: RITA });
  expect(await works.next('pagerduty.assign')).toEqual({ end: 'done' });
  expect(reassignments() - before).toBe(0);
  expect(types(story.events)).not.toContain('PageAssigned');
});
