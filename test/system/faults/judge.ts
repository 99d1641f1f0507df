import type { Event, EventOf } from '../../../src/incident/events.ts';
import { isNoted } from '../../../src/incident/evolve.ts';
import { dedupKey } from '../../../src/incident/react.ts';
import { contradictions } from '../../incident/timeline.ts';
import { incidentOf, repeated, slotOf } from '../support/marks.ts';
import { LEVEL_2_MS, LEVEL_3_MS, type Stage } from './stage.ts';
import type { Told } from './story.ts';

/** A fault lasts some seconds, and a few more until all has recovered: no level and no page comes later than this. */
const SURELY_WITHIN_MS = 25_000;

/** When each level falls due after the alert began to fire, in milliseconds. */
const DUE_MS = [0, LEVEL_2_MS, LEVEL_3_MS] as const;

/**
 * The one check that every run ends in, when nothing is owed any more: each accepted alert has one thread, each due
 * level one page, each approval one execution, and the timeline neither gap nor contradiction.
 *
 * @returns one sentence a fault; empty when all is as it should be
 */
export async function judge(stage: Stage, told: Told): Promise<string[]> {
  const { incident } = told;
  if (incident === undefined) return ['the accepted alert has no thread'];
  const events = await stage.store.events(incident);
  return [
    ...contradictions(events),
    ...(await gaps(stage, incident, events)),
    ...thread(stage, incident, events),
    ...levels(stage, incident, events, told),
    ...executions(stage, events, told),
    ...(await dead(stage, incident)),
  ];
}

async function gaps({ store }: Stage, incident: string, events: readonly Event[]): Promise<string[]> {
  const { rows } = await store.pool.query<{ seq: number }>(
    'select seq from events where incident = $1 order by seq',
    [incident],
  );
  const state = await store.incident(incident);
  const isWhole = rows.every(({ seq }, index) => seq === index + 1) && rows.length === events.length;
  return [
    ...(isWhole ? [] : [`the timeline has a gap: ${rows.map(({ seq }) => seq)}`]),
    ...(state?.seq === rows.length ? [] : [`the incident stands at ${state?.seq} of ${rows.length} events`]),
  ];
}

/** One parent, one message a slot, and a message for all that is told by one. */
function thread({ slack }: Stage, incident: string, events: readonly Event[]): string[] {
  const slots = slack.workspace
    .channels()
    .flatMap((channel) => slack.workspace.messages(channel.id))
    .filter((message) => message.metadata !== undefined && incidentOf(message) === incident)
    .map(slotOf);
  const wanted = [
    'parent',
    ...events.flatMap((event, index) => (isNoted(event) ? [`note-${index + 1}`] : [])),
    ...events.flatMap((event) => (event.type === 'RemedyRequested' ? [`request-${event.request.id}`] : [])),
    ...events.flatMap((event) => (event.type === 'StepFinished' ? [`step-${event.step}`] : [])),
  ];
  return [
    ...repeated(slots).map((slot) => `${slot} stands in the thread twice`),
    ...[...new Set(wanted)]
      .filter((slot) => !slots.includes(slot))
      .map((slot) => `${slot} is missing in the thread`),
  ];
}

/** Levels at their times, and for each one page, which ends with the incident. */
function levels({ pagerduty }: Stage, incident: string, events: readonly Event[], told: Told): string[] {
  const faults: string[] = [];
  const reached = of(events, 'LevelReached');
  const numbers = reached.map(({ level }) => level);
  const resolvedAt = timeOf(events, 'Resolved');
  const acknowledgedAt = timeOf(events, 'Acknowledged');
  if (numbers.some((level, index) => level <= (numbers[index - 1] ?? 0)))
    faults.push(`levels went ${numbers}`);
  for (const { level, at, why } of reached) {
    const lateMs = Date.parse(at) - told.startsAt.getTime() - (DUE_MS[level - 1] ?? Number.POSITIVE_INFINITY);
    if (why === 'due' && lateMs < 0) faults.push(`level ${level} came ${-lateMs} ms early`);
    if (lateMs > SURELY_WITHIN_MS) faults.push(`level ${level} came ${lateMs} ms late`);
    if (level === 2 && why === 'due' && Date.parse(at) > acknowledgedAt)
      faults.push('level 2 came though someone had it');
    const opened = pagerduty.pages.filter(
      (page) => page.dedupKey === dedupKey(incident, level) && page.effect === 'opened',
    );
    if (opened.length !== 1) faults.push(`level ${level} has ${opened.length} pages`);
    const lateOpened = opened.filter((page) => Date.parse(page.at) > resolvedAt);
    if (lateOpened.length > 0) faults.push(`level ${level} was paged after the incident was resolved`);
  }
  for (const level of [1, 3]) if (!numbers.includes(level)) faults.push(`level ${level} was never reached`);
  if (!numbers.includes(2) && Number.isNaN(acknowledgedAt)) faults.push('level 2 was never reached');
  const pages = pagerduty.incidents.filter((one) => one.incidentKey.startsWith(`lifeguard-${incident}-L`));
  for (const { incidentKey, status } of pages) {
    if (!numbers.some((level) => dedupKey(incident, level) === incidentKey))
      faults.push(`${incidentKey} was paged and not reached`);
    if (status !== 'resolved') faults.push(`${incidentKey} is still ${status} at PagerDuty`);
  }
  for (const type of ['Acknowledged', 'Resolved'] as const) {
    const times = of(events, type).length;
    if (times !== 1) faults.push(`${type} ${times} times`);
  }
  return faults;
}

/** What was approved was executed, once; what was not, never; and it was that backend. */
function executions({ patient }: Stage, events: readonly Event[], told: Told): string[] {
  const faults: string[] = [];
  const approved = of(events, 'RemedyApproved').map(({ request }) => request);
  const started = of(events, 'RemedyStarted').map(({ request }) => request);
  const ended = of(events, 'RemedyEnded');
  for (const one of approved) if (!told.approved.has(one)) faults.push(`${one} was approved by nobody`);
  if (started.join() !== approved.join()) faults.push(`approved ${approved}, started ${started}`);
  if (ended.map(({ request }) => request).join() !== approved.join())
    faults.push(`approved ${approved}, ended ${ended.map(({ request }) => request)}`);
  for (const { request } of of(events, 'RemedyRequested')) {
    const { target } = request;
    const looksAt = told.leaks.some((leak) => target.kind === 'backend' && target.pid === leak.pid);
    if (!looksAt) faults.push(`${request.id} is about ${JSON.stringify(target)}, which nobody asked for`);
  }
  const done = ended.filter(({ outcome }) => outcome === 'done');
  if (told.leak.gone() !== 'ended') faults.push(`the leak is ${told.leak.gone() ?? 'still there'}`);
  else if (done.length !== 1) faults.push(`one backend was ended, and ${done.length} executions say so`);
  if (!patient.bystanderLives()) faults.push('a session was ended that nobody asked to end');
  return faults;
}

async function dead({ store }: Stage, incident: string): Promise<string[]> {
  const { rows } = await store.pool.query<{ id: string; kind: string; error: string | null }>(
    `select id, kind, error from effects where incident = $1 and status = 'dead'`,
    [incident],
  );
  return rows.map((one) => `${one.kind} ${one.id} was given up: ${one.error}`);
}

function of<T extends Event['type']>(events: readonly Event[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

function timeOf(events: readonly Event[], type: Event['type']): number {
  return Date.parse(events.find((event) => event.type === type)?.at ?? '');
}
