import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person, Service } from '../../src/console/pager/account.ts';
import { createEvents } from '../../src/pagerduty/events.ts';
import { createRest, type Rest } from '../../src/pagerduty/rest.ts';
import { API_TOKEN, FROM_EMAIL, ROUTING_KEYS, TEST_ACCOUNT } from '../support/pagerduty/account.ts';
import { FAULT } from '../support/pagerduty/faults.ts';
import { startPagerDuty, type TestPagerDuty } from '../support/pagerduty/start.ts';

let pagerDuty: TestPagerDuty;
let rest: Rest;
let clock = new Date('2026-10-02T18:00:00Z');

beforeAll(async () => {
  pagerDuty = await startPagerDuty({ now: () => clock });
  rest = restWith({});
});
afterAll(() => pagerDuty.stop());
beforeEach(() => pagerDuty.faults.clear());

function restWith(change: { token?: string; fromEmail?: string; timeoutMs?: number }): Rest {
  const { server, ca } = pagerDuty;
  return createRest({ server, ca, token: API_TOKEN, fromEmail: FROM_EMAIL, timeoutMs: 2_000, ...change });
}

async function event(action: 'trigger' | 'resolve', dedupKey: string): Promise<void> {
  const page = { summary: 'Pool at 97 %', source: 'db-1', severity: 'critical' } as const;
  const events = createEvents({ server: pagerDuty.server, ca: pagerDuty.ca });
  const head = { routingKey: ROUTING_KEYS.L1, dedupKey };
  const outcome = await events.send(
    action === 'trigger' ? { action, ...head, ...page } : { action, ...head },
  );
  expect(outcome).toMatchObject({ kind: 'accepted' });
}

describe('findIncident', () => {
  it('finds the incident of a page, an open one before a resolved one', async () => {
    await event('trigger', 'find');
    await event('resolve', 'find');
    await event('trigger', 'find');
    const id = pagerDuty.incidents.at(-1)?.id;
    expect(await rest.findIncident('find')).toEqual({
      kind: 'done',
      value: {
        id,
        status: 'triggered',
        title: 'Pool at 97 %',
        url: `https://acme.pagerduty.com/incidents/${id}`,
        assignees: ['Ada Byron'],
        assigneeIds: ['PADA'],
      },
    });
  });

  it('finds one that is older than a month', async () => {
    await event('trigger', 'old');
    clock = new Date('2026-12-24T18:00:00Z');
    expect(await rest.findIncident('old')).toMatchObject({ kind: 'done', value: { status: 'triggered' } });
  });

  it('finds none for a page that never was', async () => {
    expect(await rest.findIncident('never/was & not=1')).toEqual({ kind: 'done', value: undefined });
  });
});

describe('escalate', () => {
  it('moves the incident to a level, by id and by key, and tells who has it now', async () => {
    await event('trigger', 'escalate');
    const id = pagerDuty.incidents.at(-1)?.id ?? '';
    expect(await rest.escalate({ id }, 2)).toMatchObject({
      kind: 'done',
      value: { id, assignees: ['Grace Hopper'] },
    });
    expect(await rest.escalate({ incidentKey: 'escalate' }, 3)).toMatchObject({
      kind: 'done',
      value: { assignees: ['Edsger Dijkstra', 'Ada Byron'] },
    });
    expect(pagerDuty.incidents.at(-1)?.level).toBe(3);
  });

  it('is to be tried again while PagerDuty has not yet made the incident of a page', async () => {
    expect(await rest.escalate({ incidentKey: 'not yet' }, 2)).toEqual({
      kind: 'retry',
      message: 'PagerDuty has no incident of this page yet',
    });
  });

  it('is refused for good beyond the last level, when resolved, and for an unknown incident', async () => {
    await event('trigger', 'refused');
    const id = pagerDuty.incidents.at(-1)?.id ?? '';
    expect(await rest.escalate({ id }, 4)).toMatchObject({ kind: 'refused', status: 400 });
    await event('resolve', 'refused');
    expect(await rest.escalate({ incidentKey: 'refused' }, 2)).toMatchObject({
      kind: 'refused',
      message: 'PagerDuty answered 400: Incident Already Resolved',
    });
    expect(await rest.escalate({ id: 'P/../x' }, 2)).toMatchObject({
      kind: 'refused',
      status: 404,
      message: 'PagerDuty answered 404: Incident Not Found',
    });
    expect(pagerDuty.requests.at(-1)?.path).toBe('/incidents/P%2F..%2Fx');
  });
});

describe('onCalls', () => {
  it('lists who is on call by policy and level, with the end of the shift', async () => {
    const outcome = await rest.onCalls({ escalationPolicyIds: ['PPOLICYL1'] });
    expect(outcome).toMatchObject({ kind: 'done' });
    const shown = outcome.kind === 'done' ? outcome.value : [];
    expect(shown.map(({ level, name, until }) => [level, name, until])).toEqual([
      [1, 'Ada Byron', '2030-01-01T09:00:00.000Z'],
      [2, 'Grace Hopper', undefined],
      [3, 'Ada Byron', '2030-01-01T09:00:00.000Z'],
      [3, 'Edsger Dijkstra', undefined],
    ]);
    expect(shown[0]).toMatchObject({ userId: 'PADA', policy: { id: 'PPOLICYL1', name: 'Policy L1' } });
  });

  it('lists several policies, and all of them when none is named', async () => {
    const two = await rest.onCalls({ escalationPolicyIds: ['PPOLICYL1', 'PPOLICYL4'] });
    expect(two.kind === 'done' && new Set(two.value.map(({ policy }) => policy.id))).toEqual(
      new Set(['PPOLICYL1', 'PPOLICYL4']),
    );
    const all = await rest.onCalls();
    expect(all.kind === 'done' && all.value).toHaveLength(16);
  });

  it('reads every page of a large account', async () => {
    const [first] = TEST_ACCOUNT.services;
    const crowd = Array.from(
      { length: 230 },
      (_, i): Person => ({ id: `P${i}`, name: `P${i}`, email: `${i}@x.org` }),
    );
    const service = { ...first, policy: { id: 'PBIG', name: 'Big', levels: [crowd] } } as Service;
    const large = await startPagerDuty({ account: { ...TEST_ACCOUNT, services: [service] } });
    try {
      const { server, ca } = large;
      const outcome = await createRest({ server, ca, token: API_TOKEN, fromEmail: FROM_EMAIL }).onCalls();
      expect(outcome.kind === 'done' && outcome.value).toHaveLength(230);
      expect(large.requests).toHaveLength(3);
    } finally {
      await large.stop();
    }
  });

  it('names a person once a level, with the shift that ends last', async () => {
    const entry = (end: string | null) => ({
      user: { id: 'PADA', summary: 'Ada' },
      escalation_policy: { id: 'P1', summary: 'One' },
      escalation_level: 1,
      end,
    });
    const until = async (...ends: (string | null)[]) => {
      pagerDuty.faults.next(FAULT.answer(200, { oncalls: ends.map(entry), more: false }));
      const outcome = await rest.onCalls();
      return outcome.kind === 'done' ? outcome.value.map((line) => line.until) : outcome;
    };
    expect(await until('2026-01-01T00:00:00Z', '2026-01-01T03:00:00+02:00')).toEqual([
      '2026-01-01T01:00:00.000Z',
    ]);
    expect(await until('2026-01-01T00:00:00Z', null)).toEqual([undefined]);
    expect(await until(null, '2026-01-01T00:00:00Z')).toEqual([undefined]);
  });
});

describe('addNote', () => {
  it('adds the note in the name of the configured user', async () => {
    await event('trigger', 'note');
    const incident = pagerDuty.incidents.at(-1);
    const outcome = await rest.addNote(incident?.id ?? '', 'Terminated backend 4711');
    expect(outcome).toMatchObject({ kind: 'done', value: { id: expect.any(String) } });
    expect(incident?.notes).toMatchObject([{ content: 'Terminated backend 4711', by: 'PADA' }]);
  });
});

describe('what goes wrong', () => {
  it('a wrong token or user is refused with the setting that mends it', async () => {
    expect(await restWith({ token: 'wrong-token-123456' }).onCalls()).toEqual({
      kind: 'refused',
      status: 401,
      message: 'PagerDuty answered 401: Authentication failed (check PAGERDUTY_API_TOKEN)',
      errors: [],
    });
    for (const fromEmail of ['nobody@example.com', '']) {
      expect(await restWith({ fromEmail }).addNote('PINC001', 'x')).toMatchObject({
        kind: 'refused',
        status: 400,
        message: expect.stringContaining('(check PAGERDUTY_FROM_EMAIL)'),
      });
    }
  });

  it('a 429 is seen at once, with the seconds of ratelimit-reset, after a single request', async () => {
    pagerDuty.faults.whenever(() => FAULT.restRateLimited(20));
    const before = pagerDuty.requests.length;
    expect(await rest.onCalls()).toMatchObject({ kind: 'retry', status: 429, afterMs: 20_000 });
    expect(pagerDuty.requests.length - before).toBe(1);
  });

  it.each([
    ['500', FAULT.serverError()],
    ['503 with a page of HTML', FAULT.html()],
    ['200 with something else', FAULT.answer(200, { incidents: 'none' })],
    ['200 that is not JSON', FAULT.html(200)],
    ['a lost answer', FAULT.loseAnswer()],
  ])('%s is to be tried again', async (_name, fault) => {
    pagerDuty.faults.next(fault);
    expect(await rest.findIncident('x')).toMatchObject({ kind: 'retry' });
  });

  it('a PagerDuty that hangs is given up in time', async () => {
    pagerDuty.faults.next(FAULT.hang());
    expect(await restWith({ timeoutMs: 150 }).findIncident('x')).toEqual({
      kind: 'retry',
      message: 'PagerDuty gave no answer within 150 ms',
    });
  });

  it('the token is never shown', async () => {
    pagerDuty.faults.next(
      FAULT.answer(400, { error: { message: `bad ${API_TOKEN}`, code: 1, errors: [API_TOKEN] } }),
    );
    expect(JSON.stringify(await rest.onCalls())).not.toContain(API_TOKEN);
  });
});
