import { levelAbove } from '../../incident/escalation.ts';
import type { Policy } from '../../incident/policy.ts';
import type { PoolReading } from '../../incident/remedy.ts';
import { firingAlerts, type Incident, levelInForce } from '../../incident/state.ts';
import { ACTION } from './actions.ts';
import { actions, type Block, button, context, fields, header, section, type View } from './blocks.ts';
import {
  calledBefore,
  isSnoozable,
  levelText,
  nextText,
  ownerText,
  servicesText,
  unresponsiveText,
} from './escalation.ts';
import { cut, duration, fallback, link, percent, person, plain, time } from './mrkdwn.ts';
import { readingText, undoText, whose } from './request.ts';
import { rootCauseButton, suggestedButton, verdictLine } from './verdict.ts';

/** What the views are told besides the incident itself. */
export interface ViewContext {
  readonly policy: Policy;
  /** What the steps of the pool's runbook ask, by their numbers. */
  readonly stepTitles?: Readonly<Record<number, string>>;
  readonly links?: { readonly dashboard?: string; readonly alerts?: string };
  /** Who is on call at a level of the pool's escalation, as PagerDuty told last; `undefined` when it did not. */
  readonly onCall?: (pool: string | undefined, level: number) => readonly string[] | undefined;
}

/**
 * The parent message: what is wrong now, since when, who has it, which level, what next. Drawn anew
 * from the incident with every change, never patched.
 */
export function parentView(incident: Incident, view: ViewContext): View {
  const title = headline(incident);
  const blocks: Block[] = [header(title)];
  const summary = summaryOf(incident);
  if (summary !== undefined) blocks.push(section(summary));
  if (incident.pool === undefined) blocks.push(section(unmatched(incident)));
  const verdict = verdictLine(incident);
  if (verdict !== undefined) blocks.push(section(verdict));
  blocks.push(fields(facts(incident, view.policy)));
  const mitigated = mitigatedText(incident);
  if (mitigated !== undefined) blocks.push(section(mitigated));
  const changed = changesText(incident);
  if (changed !== undefined) blocks.push(section(changed));
  const worse = conditionsText(incident);
  if (worse !== undefined) blocks.push(section(worse));
  if (incident.status === 'open') blocks.push(actions('incident', buttons(incident, view)));
  blocks.push(context(smallPrint(incident, view)));
  return { text: fallback(title), blocks };
}

function headline(incident: Incident): string {
  const { reading, pool } = incident;
  if (pool === undefined) {
    return incident.status === 'resolved'
      ? `✅ ${incident.title}: resolved`
      : `🔴 ${incident.title}: alert of an unknown pool`;
  }
  if (incident.status === 'resolved') return `✅ ${pool} connection pool: resolved`;
  const mark = incident.mitigatedAt !== undefined ? '🟢' : incident.acknowledged === undefined ? '🔴' : '🟠';
  if (incident.unresponsive !== undefined) return `${mark} ${pool}: the database does not answer`;
  if (reading === undefined) return `${mark} ${pool} connection pool is nearly exhausted`;
  if (incident.mitigatedAt !== undefined) {
    return `${mark} ${pool} connection pool: mitigated, ${percent(reading.percent)} in use (${used(reading)})`;
  }
  return `${mark} ${pool} connection pool: ${percent(reading.percent)} in use (${used(reading)})`;
}

function used(reading: PoolReading): string {
  return `${reading.used} of ${reading.usable}${whose(reading)}`;
}

function summaryOf(incident: Incident): string | undefined {
  const firing = firingAlerts(incident);
  const alert = firing[0] ?? Object.values(incident.alerts)[0];
  if (alert === undefined) return undefined;
  const text = alert.annotations['summary'] ?? alert.annotations['description'] ?? '';
  const more = firing.length > 1 ? ` _and ${firing.length - 1} more firing_` : '';
  return `*${plain(alert.name, 150)}*${text === '' ? '' : `  ${plain(text, 500)}`}${more}`;
}

/** Since when it is better, by what, and how much. */
function mitigatedText(incident: Incident): string | undefined {
  const { mitigatedAt, mitigation } = incident;
  if (mitigatedAt === undefined || incident.status === 'resolved') return undefined;
  const request = mitigation === undefined ? undefined : incident.requests[mitigation.request];
  const by = request === undefined ? '' : `, by: ${plain(request.preview.title, 200)}`;
  const pool = readingText(mitigation?.before, mitigation?.after);
  return `:large_green_circle: *Mitigated* ${time(mitigatedAt)}${by}${pool === '' ? '' : `\n${pool}`}`;
}

/** What remedies have changed and what still stands, temporary or not; also when the incident is over. */
function changesText(incident: Incident): string | undefined {
  const lines = Object.values(incident.requests).flatMap((request) => {
    const { undo } = request;
    const text = undo === undefined || undo.status === 'ended' ? undefined : undoText(request);
    return text === undefined ? [] : [`${text}\n${plain(request.preview.title, 200)}`];
  });
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** How to add the pool, in the words of the file that it goes into. */
function unmatched(incident: Incident): string {
  const labels = Object.entries(Object.values(incident.alerts)[0]?.labels ?? {})
    .filter(([name]) => name !== 'alertname' && name !== 'severity')
    .slice(0, 3)
    .map(([name, value]) => `${plain(name, 60)}: ${plain(value, 60)}`)
    .join(', ');
  return [
    'These labels match no pool, so there are no checks and no remedies here.',
    `Add one to \`lifeguard.yaml\` under \`pools\`: a \`name\`, a \`database_url\` and \`match: { ${labels} }\`.`,
  ].join('\n');
}

/** What makes it worse than a full pool, as long as it is so. */
function conditionsText({ dataCorruption, unresponsive, services, status }: Incident): string | undefined {
  const lines: string[] = [];
  if (dataCorruption !== undefined) {
    const { by, evidence } = dataCorruption;
    const met = evidence === undefined ? '' : `: ${plain(evidence, 300)}`;
    lines.push(`:rotating_light: *Data corruption suspected* by ${person(by)}${met}`);
  }
  if (status === 'open' && unresponsive !== undefined) lines.push(unresponsiveText(unresponsive));
  if (status === 'open' && services !== undefined) lines.push(servicesText(services));
  return lines.length === 0 ? undefined : lines.join('\n');
}

function facts(incident: Incident, policy: Policy): string[] {
  const level = levelInForce(incident);
  const texts = [`*Since*\n${time(incident.startsAt)}`, `*Who has it*\n${ownerText(incident)}`];
  if (incident.status === 'resolved') {
    texts.push(`*Resolved*\n${resolvedBy(incident)}`);
    return texts;
  }
  texts.push(`*Level*\n${levelText(incident)}`, `*Next*\n${nextText(incident, policy)}`);
  const called = calledBefore(incident);
  if (called !== undefined) texts.push(`*Called before*\n${called}`);
  if (policy.escalation.hotline !== undefined && level >= 3) {
    texts.push(`*Hotline*\n${plain(policy.escalation.hotline, 100)}`);
  }
  return texts;
}

function resolvedBy(incident: Incident): string {
  const { resolved } = incident;
  if (resolved === undefined) return '';
  const who = resolved.by === undefined ? 'all alerts cleared' : `by ${person(resolved.by)}`;
  const took = duration(Date.parse(resolved.at) - Date.parse(incident.startsAt));
  return `${time(resolved.at)} after ${took}, ${who}`;
}

/** What the press does, to whom: asked before anybody is paged. */
function escalateText(incident: Incident, { policy, onCall }: ViewContext): string {
  const next = levelAbove(incident, policy);
  const names = next === undefined ? undefined : onCall?.(incident.pool, next);
  const whom = names === undefined || names.length === 0 ? '' : `, ${cut(names.join(', '), 120)},`;
  return `The next level${whom} is paged now instead of at its due time.`;
}

function buttons(incident: Incident, view: ViewContext) {
  const { policy } = view;
  const value = { i: incident.id };
  const row = [];
  if (incident.acknowledged === undefined) {
    row.push(button('Acknowledge', ACTION.acknowledge, value, { style: 'primary' }));
  }
  const suggested = suggestedButton(incident);
  if (suggested !== undefined) row.push(suggested);
  if (incident.pool !== undefined) {
    row.push(
      button('Run all checks', ACTION.runAll, value, { label: 'Run all diagnosis steps again' }),
      rootCauseButton(incident.id),
    );
  }
  row.push(
    button('Escalate', ACTION.escalate, value, {
      confirm: {
        title: 'Escalate to the next level?',
        text: escalateText(incident, view),
        yes: 'Escalate',
      },
    }),
    ...(isSnoozable(incident, policy)
      ? [button('Snooze 10 min', ACTION.snooze, value, { label: 'Put the next level off by ten minutes' })]
      : []),
    button('Hand over', ACTION.handOver, value, { label: 'Give the incident to someone else' }),
    button('Data corruption', ACTION.dataCorruption, value, {
      confirm: {
        title: 'Is data damaged?',
        text: 'Pages the level that the escalation names for suspected data corruption, at once.',
        yes: 'Yes, page them',
        danger: true,
      },
    }),
    button('Resolve', ACTION.resolve, value, {
      confirm: {
        title: 'Resolve the incident?',
        text: 'Closes it and stops the escalation. It opens again if the alert keeps firing.',
        yes: 'Resolve',
      },
    }),
  );
  return row;
}

function smallPrint(incident: Incident, view: ViewContext): string {
  const parts = [incident.id];
  const { links } = view;
  if (links?.dashboard !== undefined) parts.push(link(links.dashboard, 'dashboard'));
  if (links?.alerts !== undefined) parts.push(link(links.alerts, 'alerts'));
  const generator = firingAlerts(incident)[0]?.generatorURL;
  if (generator !== undefined) parts.push(link(generator, 'query'));
  if (incident.reading !== undefined) parts.push(`measured ${time(incident.reading.at)}`);
  if (incident.firing > 1) parts.push(`firing for the ${ordinal(incident.firing)} time`);
  return parts.join('  ·  ');
}

function ordinal(n: number): string {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}
