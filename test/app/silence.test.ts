import { expect, test } from 'vitest';
import { Silence } from '../../src/app/silence.ts';
import type { Submission } from '../../src/effects/loop.ts';
import type { Fault } from '../../src/pool/faults.ts';
import {
  BEGIN,
  cleared,
  firing,
  MINUTE,
  notification,
  RITA,
  SECOND,
  Story,
  types,
} from '../incident/given.ts';

const DETECT = { above: 90, forMs: 5 * MINUTE };
const GONE: Fault = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' };

/** A pool's one incident on the core, told by a sampler that looks every 15 s. */
function watched() {
  const story = new Story();
  let silentSince: number | undefined;
  const loop = {
    submit: async ({ command, to }: Submission) => {
      const isOpen = story.state?.status === 'open';
      const reopens = 'key' in to && to.reopenWithinMs > 0;
      // As the store does: a resolved incident answers to its key within the time to reopen it.
      if (!isOpen && !reopens && story.state !== undefined) return { events: [], effects: [] };
      return story.when(command);
    },
  };
  const silence = new Silence({
    loop,
    store: { nextIncidentId: async () => 'inc-1' },
    reopenWithinMs: 30 * MINUTE,
    now: () => new Date(BEGIN + story.clock),
  });
  /** Lets the time pass, with the database in the state that it is in. */
  async function pass(ms: number, how: 'silent' | 'answers', detect = true, fault = GONE): Promise<void> {
    for (const end = story.clock + ms; story.clock < end; ) {
      story.at(story.clock + 15 * SECOND);
      if (how === 'answers') {
        silentSince = undefined;
        await silence.answers('orders', detect ? DETECT : undefined);
        continue;
      }
      silentSince ??= story.clock;
      if (story.clock - silentSince < MINUTE) continue;
      const facts = { since: new Date(BEGIN + silentSince), fault };
      await silence.silent('orders', facts, detect ? DETECT : undefined);
    }
  }
  return { story, pass };
}

test('with an incident open a silence of a minute reaches the level for it', async () => {
  const { story, pass } = watched();
  story.given(notification(firing()));
  await pass(2 * MINUTE, 'silent');
  expect(story.incident.levels).toMatchObject([
    { level: 1 },
    { level: 2, why: 'at_once', condition: 'database_unresponsive' },
  ]);
  expect(story.incident.unresponsive?.detail).toBe('connect ECONNREFUSED');
  await pass(15 * SECOND, 'answers');
  expect(story.incident.unresponsive).toBeUndefined();
});

test('an incident that opens while the database is silent already learns of it', async () => {
  const { story, pass } = watched();
  await pass(3 * MINUTE, 'silent', false);
  expect(story.state).toBeUndefined();
  story.given(notification(firing('f1', 3 * MINUTE)));
  await pass(30 * SECOND, 'silent', false);
  expect(story.incident.levels.map(({ level }) => level)).toEqual([1, 2]);
});

test('with none open a silence as long as `for` opens one, titled so, which a minute of answers closes', async () => {
  const { story, pass } = watched();
  await pass(5 * MINUTE, 'silent');
  expect(story.state).toBeUndefined();
  await pass(MINUTE, 'silent');
  expect(story.incident).toMatchObject({ title: 'DatabaseUnresponsive', status: 'open', pool: 'orders' });
  expect(story.incident.levels.map(({ level }) => level)).toEqual([1, 2]);
  await pass(MINUTE, 'answers');
  expect(story.incident.status).toBe('open');
  await pass(MINUTE, 'answers');
  expect(story.incident.status).toBe('resolved');
});

test('without `detect` nothing is opened', async () => {
  const { story, pass } = watched();
  await pass(60 * MINUTE, 'silent', false);
  expect(story.state).toBeUndefined();
});

test('alerts that clear while the database is silent do not close the incident', async () => {
  const { story, pass } = watched();
  story.given(notification(firing()));
  await pass(6 * MINUTE, 'silent');
  story.given(notification(cleared('f1', 6 * MINUTE)));
  expect(story.incident.status).toBe('open');
  await pass(2 * MINUTE, 'answers');
  expect(story.incident.status).toBe('resolved');
});

test('one that comes and goes does not open and close the incident each time', async () => {
  const { story, pass } = watched();
  await pass(6 * MINUTE, 'silent');
  for (let round = 0; round < 20; round += 1) {
    await pass(30 * SECOND, 'answers');
    await pass(2 * MINUTE, 'silent');
  }
  expect(types(story.events).filter((type) => /Opened|Reopened|Resolved/.test(type))).toEqual([
    'IncidentOpened',
  ]);
  expect(story.incident.levels.map(({ level }) => level)).toContain(2);
  expect(story.events.filter((event) => event.type === 'LevelReached' && event.level === 2)).toHaveLength(1);
});

test('a process that starts anew tells that the database answers, of a silence that it has not seen', async () => {
  const { story, pass } = watched();
  story.given(notification(firing()), { type: 'RecordUnresponsive', since: new Date(BEGIN).toISOString() });
  await pass(15 * SECOND, 'answers');
  expect(story.incident.unresponsive).toBeUndefined();
});

test('a server that refuses our password is not silent', async () => {
  const { story, pass } = watched();
  story.given(notification(firing()));
  const fault = { code: '28P01', message: 'password authentication failed' };
  await pass(10 * MINUTE, 'silent', true, fault);
  expect(story.incident.unresponsive).toBeUndefined();
});

test('an incident that a person closed is not opened again at once by the same silence', async () => {
  const { story, pass } = watched();
  await pass(6 * MINUTE, 'silent');
  story.given({ type: 'Resolve', by: RITA });
  await pass(4 * MINUTE, 'silent');
  expect(story.incident.status).toBe('resolved');
  await pass(2 * MINUTE, 'silent');
  expect(story.incident).toMatchObject({ status: 'open', firing: 2 });
});
