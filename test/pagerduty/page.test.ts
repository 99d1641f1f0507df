import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Page } from '../../src/pagerduty/page.ts';
import { patienceMs } from '../../src/pagerduty/patience.ts';
import { viewOf } from '../../src/slack/views/index.ts';
import { noteView } from '../../src/slack/views/note.ts';
import { ALICE, asking, inThread, MINUTE, POLICY, RITA, SECOND, type Story } from '../incident/given.ts';
import { ROUTING_KEYS } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';
import { pagerWorks } from './works.ts';

let pagerDuty: TestPagerDuty;
beforeAll(async () => {
  pagerDuty = await startPagerDuty();
});
afterAll(() => pagerDuty.stop());
beforeEach(async () => {
  pagerDuty.faults.clear();
  // Each story has the same keys: what an earlier one has opened is over.
  for (const incident of pagerDuty.incidents) incident.status = 'resolved';
  (pagerDuty.pages as unknown[]).length = 0;
});

const WRONG_KEY = '0'.repeat(32);
const paged = (page: Page) => ({ pageOf: (): Page => page });
const keysPaged = () =>
  pagerDuty.pages.map(({ action, routingKey }) => `${action} ${routingKey.slice(0, 1)}`);
const last = (story: Story): string => {
  const event = story.events.at(-1);
  const view = event === undefined ? undefined : noteView(story.incident, event, { policy: story.policy });
  return JSON.stringify(view?.blocks ?? '');
};

describe('a page', () => {
  test('carries severity, the ways to thread, dashboard and runbook, and the verdict with its evidence', async () => {
    const story = inThread().given({ type: 'RecordThread', channel: 'C1', ts: '2' });
    Object.assign(story.incident, {
      thread: { channel: 'C1', ts: '1', permalink: 'https://acme.slack.com/archives/C1/p1' },
      severity: 'warning',
      verdict: {
        at: '2026-03-02T03:00:01.000Z',
        complete: true,
        causes: [
          {
            cause: 'leak_missing_return',
            title: 'connections are not given back',
            confidence: 'certain',
            probability: 0.97,
            evidence: ['12 sessions idle in transaction after `select … where id = ?`'],
            advice: 'end them',
          },
        ],
      },
    });
    for (const alert of Object.values(story.incident.alerts)) {
      Object.assign(alert.annotations, { runbook_url: 'https://wiki.example.com/pool' });
    }
    const works = pagerWorks(pagerDuty, story, {
      ...paged({ routingKey: ROUTING_KEYS.L1 }),
      links: { dashboard: 'https://grafana.example.com/d/1' },
    });
    expect(await works.next('pagerduty.event')).toEqual({ end: 'done' });
    expect(pagerDuty.pages[0]?.event).toMatchObject({
      client_url: 'https://acme.slack.com/archives/C1/p1',
      links: [
        { href: 'https://acme.slack.com/archives/C1/p1', text: 'Slack thread' },
        { href: 'https://grafana.example.com/d/1', text: 'dashboard' },
        { href: 'https://wiki.example.com/pool', text: 'runbook' },
      ],
      payload: {
        severity: 'warning',
        custom_details: {
          verdict: [
            {
              cause: 'connections are not given back',
              confidence: 'certain (97 %)',
              evidence: ['12 sessions idle in transaction after `select … where id = ?`'],
              advice: 'end them',
            },
          ],
        },
      },
    });
  });

  test('that PagerDuty does not take for a minute is said loudly, and the second key is used', async () => {
    const story = inThread();
    const works = pagerWorks(pagerDuty, story, {
      ...paged({ routingKey: ROUTING_KEYS.L1, fallbackRoutingKey: ROUTING_KEYS.L4 }),
    });
    pagerDuty.faults.whenever(({ body }) =>
      body.includes(ROUTING_KEYS.L1) ? FAULT.serverError() : undefined,
    );
    let tries = 0;
    while (story.clock < MINUTE) {
      const { end, afterMs } = await works.next('pagerduty.event', 0);
      expect(end).toBe('later');
      expect(story.incident.levels[0]?.page).toBeUndefined();
      tries += 1;
      story.at(story.clock + (afterMs ?? 0));
    }
    expect([story.clock, tries]).toEqual([MINUTE, expect.any(Number)]);
    expect(tries).toBeGreaterThan(5);
    // A crash after this try leaves the incident told, and the second key still to be tried.
    expect(await works.next('pagerduty.event', 0)).toMatchObject({ end: 'later', afterMs: 0 });
    expect(story.incident.levels[0]?.page).toBe('failing');
    expect(last(story)).toContain('has not gone out');
    expect(keysPaged()).toEqual([]);
    expect(await works.next('pagerduty.event', 0)).toEqual({ end: 'done' });
    expect(keysPaged()).toEqual(['trigger 4']);
    expect(last(story)).toContain('by the second routing key');

    pagerDuty.faults.clear();
    story.given({ type: 'Acknowledge', by: RITA });
    await works.next('pagerduty.event');
    // The first key may have taken a page whose answer was lost.
    expect(keysPaged()).toEqual(['trigger 4', 'acknowledge 4', 'acknowledge 1']);
  });

  test('that has not gone out calls the people of the level in its channel, once, by a mention', async () => {
    const levels = POLICY.escalation.levels.map((level) => ({ ...level, mention: ['S0DBA', 'here'] }));
    const story = inThread({ ...POLICY, escalation: { ...POLICY.escalation, levels } });
    story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
    story.given({ type: 'RecordPageFailure', level: 2, detail: 'PagerDuty answered 503', final: false });
    expect(last(story)).toContain('called in #database-team (@S0DBA @here)');
    const view = () => JSON.stringify(viewOf('alarm-1-2', story.incident, { policy: story.policy })?.blocks);
    expect(view()).toContain('<!subteam^S0DBA> <!here>');
    story.given({ type: 'RecordPage', level: 2, dedupKey: 'k' });
    expect(view()).not.toContain('<!');
    expect(view()).toContain('has gone out after all');
    expect(last(story)).toContain('has gone out now');
  });

  test('is not sent before the time that PagerDuty names, and the minute is not missed for it', async () => {
    const story = inThread();
    const works = pagerWorks(pagerDuty, story, paged({ routingKey: ROUTING_KEYS.L1 }));
    pagerDuty.faults.next(FAULT.rateLimited('90'));
    const before = pagerDuty.requests.length;
    expect(await works.next('pagerduty.event', 0)).toMatchObject({ end: 'later', afterMs: MINUTE });
    story.at(MINUTE);
    expect(await works.next('pagerduty.event', 0)).toMatchObject({ end: 'later', afterMs: 30 * SECOND });
    expect(story.incident.levels[0]?.page).toBe('failing');
    expect(pagerDuty.requests.length - before).toBe(1);
    story.at(90 * SECOND);
    expect(await works.next('pagerduty.event', 0)).toEqual({ end: 'done' });
    expect(story.incident.levels[0]?.page).toBe('sent');
  });

  test('with a wrong key is refused at once; the thread names the level, and the second key is used', async () => {
    const alone = inThread();
    const refused = pagerWorks(pagerDuty, alone, paged({ routingKey: WRONG_KEY }));
    expect(await refused.next('pagerduty.event')).toMatchObject({ end: 'dead' });
    expect(last(alone)).toMatch(
      /page of level 1, On-call engineer, was refused by PagerDuty.*Invalid routing key/,
    );
    expect(last(alone)).toContain('<!here> Call them another way');
    alone.given({ type: 'Resolve', by: RITA });
    expect(await refused.next('pagerduty.event')).toEqual({ end: 'done' });

    const story = inThread();
    const works = pagerWorks(pagerDuty, story, {
      ...paged({ routingKey: WRONG_KEY, fallbackRoutingKey: ROUTING_KEYS.L2 }),
    });
    expect(await works.next('pagerduty.event')).toMatchObject({ end: 'later', afterMs: 0 });
    expect(await works.next('pagerduty.event')).toEqual({ end: 'done' });
    expect(keysPaged()).toEqual(['trigger 2']);
    const both = inThread();
    const none = pagerWorks(pagerDuty, both, {
      ...paged({ routingKey: WRONG_KEY, fallbackRoutingKey: WRONG_KEY }),
    });
    await none.next('pagerduty.event');
    expect(await none.next('pagerduty.event')).toMatchObject({ end: 'dead' });
    expect(both.incident.levels[0]?.page).toBe('failed');
  });

  test('of a resolved incident is not sent', async () => {
    const story = inThread().given({ type: 'Resolve', by: RITA });
    const works = pagerWorks(pagerDuty, story, paged({ routingKey: ROUTING_KEYS.L1 }));
    expect(await works.next('pagerduty.event')).toEqual({ end: 'done' });
    expect(keysPaged()).toEqual([]);
  });

  test('of a level that moves the incident of another goes by REST, and a repeat of it records one page', async () => {
    const story = inThread();
    const works = pagerWorks(pagerDuty, story, {
      pageOf: (level) => (level === 1 ? { routingKey: ROUTING_KEYS.L1 } : { escalationLevel: level }),
    });
    await works.next('pagerduty.event');
    story.at(5 * MINUTE).given({ type: 'CheckEscalation' });
    expect(await works.next('pagerduty.event')).toEqual({ end: 'done' });
    expect(pagerDuty.incidents.at(-1)?.level).toBe(2);
    expect(story.incident.levels[1]).toMatchObject({ page: 'sent', pageWay: 'moved' });
  });
});

test('tries come soon at first and then ever slower, and one always falls on the minute', () => {
  expect([0, 2_000, 10_000, 40_000].map((age) => patienceMs(age, undefined, 1))).toEqual([
    500, 2_000, 10_000, 15_000,
  ]);
  expect(patienceMs(55_000, undefined, 1)).toBe(5_000);
  expect(patienceMs(0, 300_000, 1)).toBe(60_000);
  expect(patienceMs(60_000, 300_000, 1)).toBe(300_000);
  expect(patienceMs(0, undefined, 0)).toBe(250);
});

describe('a note on a page', () => {
  const carriedOut = (story: Story): Story =>
    story.given(
      asking(RITA),
      { type: 'Approve', by: ALICE, request: 'r1' },
      { type: 'StartRemedy', request: 'r1', approvers: [ALICE] },
      {
        type: 'EndRemedy',
        request: 'r1',
        outcome: 'done',
        detail: 'Backend 4711 has ended',
        before: { used: 97, usable: 100, percent: 97, at: '2026-03-02T03:00:00.000Z' },
        after: { used: 40, usable: 100, percent: 40, at: '2026-03-02T03:00:05.000Z' },
      },
    );
  const noted = { ...POLICY, escalation: { ...POLICY.escalation, rest: true } };

  test('says what was done, by whom and what it changed', async () => {
    const story = inThread(noted);
    const works = pagerWorks(pagerDuty, story, paged({ routingKey: ROUTING_KEYS.L1 }));
    await works.next('pagerduty.event');
    carriedOut(story);
    expect(await works.next('pagerduty.note')).toEqual({ end: 'done' });
    const note = pagerDuty.incidents.at(-1)?.notes.at(-1);
    expect(note?.content).toMatch(
      /^Done: Terminate backend 4711 \(catalytic-api\)\nBackend 4711 has ended\nAsked for by Rita, approved by Alice\.\nConnections in use: 97 % \(97 of 100\) → 40 % \(40 of 100\)\.\n\[lifeguard inc-1\.\d+\.\d+\]$/,
    );
  });

  test('whose answer was lost is looked for and not added again', async () => {
    const story = inThread(noted);
    const works = pagerWorks(pagerDuty, story, paged({ routingKey: ROUTING_KEYS.L1 }));
    await works.next('pagerduty.event');
    carriedOut(story);
    pagerDuty.faults.whenever(({ method, path }) =>
      method === 'POST' && path.endsWith('/notes') ? FAULT.loseAnswer() : undefined,
    );
    expect(await works.next('pagerduty.note')).toMatchObject({ end: 'later' });
    pagerDuty.faults.clear();
    expect(await works.next('pagerduty.note')).toEqual({ end: 'done' });
    expect(pagerDuty.incidents.at(-1)?.notes).toHaveLength(1);
  });

  test('waits for the page, and is dropped when the page never came to be', async () => {
    const story = inThread(noted);
    const works = pagerWorks(pagerDuty, story, paged({ routingKey: ROUTING_KEYS.L1 }));
    carriedOut(story);
    expect(await works.next('pagerduty.note')).toMatchObject({ end: 'later' });
    story.given({ type: 'RecordPageFailure', level: 1, detail: '400', final: true });
    expect(await works.next('pagerduty.note')).toEqual({ end: 'done' });
  });
});
