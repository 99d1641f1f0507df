import type { EarlyWarning, Incident } from '../../incident/state.ts';
import { context, section, type View } from './blocks.ts';
import { duration, fallback, percent, plain, time } from './mrkdwn.ts';

/** The one quiet word before anything is wrong: how full, and how long until it is. Pings nobody. */
export function warningView(incident: Incident, warning: EarlyWarning): View {
  const pool = plain(incident.pool ?? '', 80);
  if (incident.resolved?.how === 'incident') {
    return {
      text: fallback(`${incident.pool} connection pool: the early warning has become an incident`),
      blocks: [section(`:arrow_right: *${pool}* connection pool: the early warning has become an incident.`)],
    };
  }
  if (incident.resolved !== undefined) {
    const took = duration(Date.parse(incident.resolved.at) - Date.parse(incident.startsAt));
    return {
      text: fallback(`${incident.pool} connection pool: the early warning is over`),
      blocks: [
        section(`:white_check_mark: *${pool}* connection pool: the early warning is over, after ${took}.`),
      ],
    };
  }
  const used = `${percent(warning.percent)} in use (${warning.used} of ${warning.usable})`;
  const left =
    warning.fullAt === undefined ? '' : ` At this rate it is full at about *${time(warning.fullAt)}*.`;
  return {
    text: fallback(`${incident.pool} connection pool is filling up: ${used}`),
    blocks: [
      section(`:large_yellow_circle: *${pool}* connection pool is filling up: *${used}*.${left}`),
      context(
        `since ${time(incident.startsAt)}  ·  nobody is paged  ·  \`/pool diagnose ${pool}\` looks into it`,
      ),
    ],
  };
}
