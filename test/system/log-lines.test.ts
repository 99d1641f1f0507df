import { expect, test } from 'vitest';
import { notification, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, paged } from './story.ts';

interface Line {
  readonly msg: string;
  readonly incident?: string;
  readonly effect?: string;
  readonly source?: string;
  readonly command?: string;
  readonly from?: string;
  readonly pool?: string;
  readonly part?: string;
}

/** What comes from people and from outside follows from no effect. */
const FROM_OUTSIDE = ['ReceiveAlerts', 'Acknowledge'];

test('every line between an alert and its close names its incident, and its effect where it stems from one', async () => {
  const logs: string[] = [];
  const lifeguard = await lifeguardOfQuietPool({ logs });
  let refusals = 0;
  // Two incidents at a time, whose effects hit on trouble that libraries log by themselves.
  lifeguard.slack.api.faults = (method) => {
    if (method !== 'chat.postMessage' || refusals === 2) return undefined;
    refusals += 1;
    return { kind: 'drop' };
  };
  const from = logs.length;
  const startsAt = new Date();
  const other = { startsAt, labels: { datname: 'unknown_db' }, groupKey: 'other' };
  const answers = await Promise.all(
    [notification({ startsAt }), notification(other)].map((body) => lifeguard.alert(body)),
  );
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { incidents: string[] }[];
  const incidents = bodies.flatMap((body) => body.incidents);
  await paged(lifeguard, 2);
  await Promise.all(incidents.map((id) => happened(lifeguard, 'ThreadOpened', id)));
  const parent = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('"Acknowledge"'),
    'the parent message',
  );
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
  await Promise.all([
    lifeguard.alert(notification({ startsAt, status: 'resolved' })),
    lifeguard.alert(notification({ ...other, status: 'resolved' })),
  ]);
  await paged(lifeguard, 2, 'resolve');
  await lifeguard.settled();
  // What the watchdog, the queue, and the one who keeps a pool's connection open have to say is about no incident.
  const lines = logs
    .slice(from)
    .map((line) => JSON.parse(line) as Line)
    .filter(({ pool, part, msg, effect }) => {
      const isQueue = msg === 'the queue or the store is in trouble' && effect === undefined;
      return pool === undefined && part === undefined && !isQueue;
    });

  expect(lines.filter(({ incident }) => !incidents.includes(incident ?? ''))).toEqual([]);
  const ofEffects = lines.filter(
    ({ source, command }) => source === undefined && !FROM_OUTSIDE.includes(command ?? ''),
  );
  expect(ofEffects.filter(({ incident, effect }) => effect?.startsWith(`${incident}.`) !== true)).toEqual([]);
  for (const id of incidents) {
    const kinds = new Set(ofEffects.filter(({ incident }) => incident === id).map(({ msg }) => msg));
    expect([...kinds], id).toEqual(expect.arrayContaining(['event', 'effect done', 'effect later']));
  }
  // What the client of Slack says by itself is among them.
  expect(ofEffects.filter(({ from }) => from === 'slack')).not.toEqual([]);
  // What nobody's effect led to names none.
  expect(lines.filter((line) => !ofEffects.includes(line) && line.effect !== undefined)).toEqual([]);
});
