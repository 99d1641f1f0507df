import type { SessionRow } from '../../incident/events.ts';
import { type Incident, levelInForce, ownerOf } from '../../incident/state.ts';
import type { DeadEffect } from '../../store/outbox.ts';
import { type Block, context, header, section, type View } from './blocks.ts';
import { code, duration, fallback, link, percent, person, plain, time } from './mrkdwn.ts';
import { sessionBlocks, worthShowing } from './step.ts';

/** The state of one pool, as `/pool status` shows it. */
export interface PoolStatus {
  readonly pool: string;
  readonly reading?: { readonly used: number; readonly usable: number; readonly percent: number };
  readonly byState?: Readonly<Record<string, number>>;
  /** Why there is no reading. */
  readonly trouble?: string;
  readonly incident?: Incident;
}

/** `/pool status`: utilisation, sessions by state, and the open incident if there is one. */
export function statusView(statuses: readonly PoolStatus[]): View {
  const blocks = statuses.slice(0, 20).map((status) => section(statusText(status)));
  return { text: fallback(statuses.map((one) => one.pool).join(', ')), blocks };
}

function statusText(status: PoolStatus): string {
  const lines = [`*${plain(status.pool, 80)}*`];
  if (status.reading === undefined) lines.push(`:warning: ${plain(status.trouble ?? 'no reading', 300)}`);
  else {
    const { used, usable } = status.reading;
    lines.push(
      `${bar(status.reading.percent)} *${percent(status.reading.percent)}*  ${used} of ${usable} connections`,
    );
    const states = Object.entries(status.byState ?? {}).map(
      ([state, count]) => `${count} ${plain(state, 40)}`,
    );
    if (states.length > 0) lines.push(states.join('  ·  '));
  }
  if (status.incident !== undefined) lines.push(incidentLine(status.incident));
  return lines.join('\n');
}

/** Ten squares, filled as far as the pool is. */
function bar(value: number): string {
  const full = Math.max(0, Math.min(10, Math.round(value / 10)));
  return `${'█'.repeat(full)}${'░'.repeat(10 - full)}`;
}

/** `/pool queries`: the sessions worth looking at, with the button that asks for their end. */
export function queriesView(pool: string, headline: string, rows: readonly SessionRow[], more: number): View {
  const blocks: Block[] = [section(`*${plain(pool, 80)}*  ${plain(headline, 300)}`)];
  blocks.push(...sessionBlocks(rows, { pool, buttons: true }));
  const hidden = more + rows.length - worthShowing(rows).length;
  if (hidden > 0) blocks.push(context(`and ${hidden} more`));
  return { text: fallback(`${pool}: ${headline}`), blocks };
}

/** `/pool incidents`: what is open, what was resolved lately, and what could not be delivered. */
export function incidentsView(incidents: readonly Incident[], dead: readonly DeadEffect[]): View {
  const open = incidents.filter((one) => one.status === 'open');
  const blocks: Block[] = [header(open.length === 0 ? 'No open incident' : `${open.length} open`)];
  for (const incident of incidents.slice(0, 20)) blocks.push(section(incidentLine(incident)));
  if (dead.length > 0) {
    const lines = dead
      .slice(0, 10)
      .map(
        (one) =>
          `• ${code(one.kind, 40)} of ${plain(one.incident, 40)}, ${time(one.at.toISOString())}: ${plain(one.error, 200)}`,
      );
    blocks.push(section(`*Given up* (${dead.length})\n${lines.join('\n')}`));
  }
  return { text: `${open.length} open incidents`, blocks };
}

function incidentLine(incident: Incident): string {
  const name = plain(incident.pool ?? incident.title, 80);
  const way = incident.thread?.permalink;
  const title = way === undefined ? `*${name}*` : `*${link(way, incident.pool ?? incident.title)}*`;
  if (incident.status === 'resolved') {
    const took = duration(
      Date.parse(incident.resolved?.at ?? incident.openedAt) - Date.parse(incident.startsAt),
    );
    return `:white_check_mark: ${title}  resolved after ${took}  (${incident.id})`;
  }
  const owner = ownerOf(incident);
  const taken = owner === undefined ? 'nobody has it' : `${person(owner.person)} has it`;
  return `:red_circle: ${title}  since ${time(incident.startsAt)}, level ${levelInForce(incident)}, ${taken}  (${incident.id})`;
}
