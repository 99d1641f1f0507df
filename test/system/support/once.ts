import { expect } from 'vitest';
import type { Event } from '../../../src/incident/events.ts';
import { dedupKey } from '../../../src/incident/react.ts';
import { incidentOf, repeated, slotOf } from './marks.ts';
import type { Scene } from './scene.ts';

/** A page that was on its way as the incident closed may arrive after that; all clocks are one. */
const IN_FLIGHT_MS = 2_000;

/** By then a level that is due is reached, and one that is reached is paged, however often the process was killed on the way. */
const SURELY_WITHIN_MS = 15_000;

/**
 * What was promised: everything once, nothing missing.
 *
 * @param told incidents that people acknowledged and closed, with a remedy or more
 * @param others all other incidents: opened, reached by every level that is due, and resolved
 */
export async function expectOnce(
  scene: Scene,
  told: readonly string[],
  others: readonly string[] = [],
): Promise<void> {
  const { slack, pagerduty } = scene;
  const posted = slack.workspace
    .channels()
    .flatMap((channel) => slack.workspace.messages(channel.id))
    .filter((message) => message.metadata !== undefined)
    .map((message) => `${incidentOf(message)} ${slotOf(message)}`);
  expect(repeated(posted), 'slots with two messages').toEqual([]);
  expect(posted.filter((one) => one.endsWith(' parent')).toSorted()).toEqual(
    [...told, ...others].map((id) => `${id} parent`).toSorted(),
  );
  expect(repeated(pagerduty.incidents.map((one) => one.incidentKey)), 'levels paged twice').toEqual([]);
  expect(pagerduty.incidents.filter((one) => one.status !== 'resolved')).toEqual([]);
  expect((await scene.outbox.figures()).dead).toBe(0);
  for (const id of told) expectActs(id, await expectLedger(scene, id));
  for (const id of others) await expectLedger(scene, id);
}

/** The incident's events: without a gap, each level once, and resolved once; gives them. */
async function expectLedger(scene: Scene, id: string): Promise<readonly Event[]> {
  const { store } = scene;
  const events = await store.events(id);
  const rows = await store.pool.query<{ seq: number }>(
    'select seq from events where incident = $1 order by seq',
    [id],
  );
  expect(rows.rows.map((row) => row.seq)).toEqual(events.map((_event, index) => index + 1));
  expect(
    events.filter((event) => event.type === 'Resolved'),
    `${id} Resolved`,
  ).toHaveLength(1);
  const levels = events.flatMap((event) => (event.type === 'LevelReached' ? [event.level] : []));
  expect(repeated(levels.map(String)), `${id}: levels reached twice`).toEqual([]);
  expect(levels[0], `${id}: level 1 is due at once`).toBe(1);
  expectPages(scene, id, events);
  return events;
}

/** What people did: acknowledged once, and each approval carried out once. */
function expectActs(id: string, events: readonly Event[]): void {
  expect(
    events.filter((event) => event.type === 'Acknowledged'),
    `${id} Acknowledged`,
  ).toHaveLength(1);
  const approved = events.flatMap((event) => (event.type === 'RemedyApproved' ? [event.request] : []));
  const started = events.flatMap((event) => (event.type === 'RemedyStarted' ? [event.request] : []));
  const ended = events.flatMap((event) => (event.type === 'RemedyEnded' ? [event.request] : []));
  expect(started, `${id}: one execution for one approval`).toEqual(approved);
  expect(ended).toEqual(approved);
}

/** No page missed, none doubled, none for an incident that is over. */
function expectPages({ pagerduty }: Scene, id: string, events: readonly Event[]): void {
  const levels = events.flatMap((event) => (event.type === 'LevelReached' ? [event.level] : []));
  const paged = events.flatMap((event) => (event.type === 'Paged' ? [event.dedupKey] : []));
  expect(repeated(paged), `${id}: pages recorded twice`).toEqual([]);
  const opened = pagerduty.pages.filter(
    ({ dedupKey: key, effect }) => key.startsWith(`lifeguard-${id}-L`) && effect === 'opened',
  );
  const keys = opened.map((page) => page.dedupKey);
  expect(repeated(keys), `${id}: levels paged twice`).toEqual([]);
  expect(keys, `${id}: pages recorded and not sent`).toEqual(
    expect.arrayContaining([...paged, dedupKey(id, 1)]),
  );
  expect(
    levels.map((level) => dedupKey(id, level)),
    `${id}: levels paged and not reached`,
  ).toEqual(expect.arrayContaining(keys));
  // A level that is reached as the incident closes need not be paged any more; every other is.
  const resolvedMs = momentOf(events, 'Resolved');
  const missed = events.filter(
    (event) =>
      event.type === 'LevelReached' &&
      event.pages &&
      resolvedMs - Date.parse(event.at) > SURELY_WITHIN_MS &&
      !keys.includes(dedupKey(id, event.level)),
  );
  expect(missed, `${id}: levels reached and not paged`).toEqual([]);
  const late = opened.filter(({ at }) => Date.parse(at) > resolvedMs + IN_FLIGHT_MS);
  expect(late, `${id}: paged after it was resolved`).toEqual([]);
  // Level 3 is due after two seconds whatever people do about it: nobody names a root cause.
  if (resolvedMs - momentOf(events, 'IncidentOpened') > SURELY_WITHIN_MS) expect(levels).toContain(3);
}

function momentOf(events: readonly Event[], type: Event['type']): number {
  return Date.parse(events.find((event) => event.type === type)?.at ?? '');
}
