import { type Incident, ownerOf, type ReachedLevel } from '../../incident/state.ts';
import { context, section, type View } from './blocks.ts';
import { fallback, link, percent, person, plain, time } from './mrkdwn.ts';

/** The one message in a level's own channel: what, since when, why them, and the way to the thread. */
export function announcementView(
  incident: Incident,
  reached: ReachedLevel,
  onCall?: readonly string[],
): View {
  const what =
    incident.pool === undefined
      ? plain(incident.title, 150)
      : `*${plain(incident.pool, 80)}* connection pool`;
  const level =
    incident.reading === undefined || incident.status === 'resolved'
      ? ''
      : `, ${percent(incident.reading.percent)} in use`;
  const thread = incident.thread?.permalink;
  const way = thread === undefined ? '' : `  ${link(thread, 'Open the thread')}`;
  const text =
    incident.status === 'resolved'
      ? `:white_check_mark: ${what}: resolved.${way}`
      : `:rotating_light: ${what} is in trouble since ${time(incident.startsAt)}${level}.${way}`;
  const owner = ownerOf(incident);
  const taken = owner === undefined ? 'nobody has it yet' : `${person(owner.person)} has it`;
  const duty =
    onCall === undefined || onCall.length === 0
      ? []
      : [`on call: ${onCall.map((name) => plain(name, 60)).join(', ')}`];
  const plainText = `${incident.pool ?? incident.title}: level ${reached.level}, ${reached.name}`;
  return {
    text: fallback(incident.status === 'resolved' ? `${plainText}: resolved` : plainText),
    blocks: [
      section(text),
      context(
        [`level ${reached.level}, ${plain(reached.name, 80)}`, ...duty, taken, incident.id].join('  ·  '),
      ),
    ],
  };
}
