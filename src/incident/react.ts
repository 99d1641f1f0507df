import { levelsToAssign } from './assignment.ts';
import type { EffectSpec, SharedFile, Slot } from './effects.ts';
import { dueAt, hasReached } from './escalation.ts';
import type { Event, EventOf } from './events.ts';
import { isNoted } from './evolve.ts';
import { remindedAt } from './follow-ups.ts';
import type { Policy } from './policy.ts';
import type { Incident } from './state.ts';
import { VERDICT_AFTER_MS } from './timers.ts';
import { urgencyOf } from './urgency.ts';
import { firstLook, isWatched } from './verification.ts';

/**
 * What must follow from an event: messages to draw, steps to run, pages to send, timers to set.
 *
 * Pure, and asked once per event, with the incident as it stands after it. Messages inside the
 * thread wait for the thread: once it is open, everything that should be in it is drawn.
 */
export function react(state: Incident, event: Event, policy: Policy): EffectSpec[] {
  return [...drawings(state, event), ...works(state, event, policy)];
}

/** The announcement of a level goes to the level's own channel, unless the thread is there already. */
export function announces(state: Incident, level: { readonly channel?: string }): boolean {
  return level.channel !== undefined && level.channel !== state.channel;
}

/** The key by which PagerDuty knows the page of one level of one incident. */
export function dedupKey(incident: string, level: number): string {
  return `lifeguard-${incident}-L${level}`;
}

function works(state: Incident, event: Event, policy: Policy): EffectSpec[] {
  switch (event.type) {
    case 'IncidentOpened':
    case 'IncidentReopened':
      return state.kind === 'incident'
        ? [...timers(state, policy), ...verdictTimer(state, event, policy)]
        : [];
    case 'StepStarted':
      // A lane each: the pool's one connection takes turns anyhow, and a slow Prometheus holds up nobody.
      return [
        {
          kind: 'check.step',
          lane: `checks.${state.pool}.${event.step}`,
          payload: { step: event.step, run: event.run },
        },
      ];
    case 'StepFinished':
      return state.thread === undefined ? [] : filesOf(state, event.step);
    case 'ThreadOpened':
      return [
        ...Object.values(state.steps).flatMap((step) => filesOf(state, step.step)),
        ...(state.mitigation === undefined ? [] : [fileOf(state, `mitigation-${state.mitigation.request}`)]),
      ];
    case 'RemedyRequested':
      return [
        {
          kind: 'timer',
          due: event.request.expiresAt,
          payload: { command: 'ExpireRequest', request: event.request.id },
        },
      ];
    case 'FollowUpAssigned':
      // A day that has begun already is no news to the one who chose it.
      return event.due === undefined || Date.parse(remindedAt(event.due)) <= Date.parse(event.at)
        ? []
        : [
            {
              kind: 'timer',
              due: remindedAt(event.due),
              payload: { command: 'RemindFollowUp', item: event.item, day: event.due },
            },
          ];
    case 'RemedyApproved':
      return event.enough
        ? [{ kind: 'remedy.execute', lane: `remedy.${state.pool}`, payload: { request: event.request } }]
        : [];
    case 'RemedyEnded':
      return [
        ...pagerNotes(state, policy),
        ...(isWatched(state, event, policy)
          ? [
              {
                kind: 'remedy.verify' as const,
                due: firstLook(event.at),
                payload: { request: event.request },
              },
            ]
          : []),
        ...revertTimer(state, event.request),
      ];
    case 'UndoAsked':
      // The lane of the remedies: nothing is undone while another remedy is being carried out.
      return [{ kind: 'remedy.undo', lane: `remedy.${state.pool}`, payload: { request: event.request } }];
    case 'UndoEnded':
    case 'FixFailed':
      return pagerNotes(state, policy);
    case 'Mitigated':
      return [
        ...pagerNotes(state, policy),
        ...(state.thread === undefined ? [] : [fileOf(state, `mitigation-${event.request}`)]),
      ];
    case 'Snoozed':
      return [{ kind: 'timer', due: event.until, payload: { command: 'CheckEscalation' } }];
    case 'HandedOver':
      return assignments(state, event, policy);
    case 'LevelReached':
      return event.pages ? [pagerduty(state, event.level, 'trigger')] : [];
    case 'Acknowledged':
      // What was done at PagerDuty does not go back there; the pages of other levels learn of it.
      return event.by.via === 'pagerduty' && event.level === undefined
        ? []
        : pagedLevels(state, event.level).map((level) => pagerduty(state, level, 'acknowledge'));
    case 'Resolved':
      return pagedLevels(state, event.level).map((level) => pagerduty(state, level, 'resolve'));
    default:
      return [];
  }
}

/** What was changed for a while is undone when its time is up, whether the incident is over by then or not. */
function revertTimer(state: Incident, request: string): EffectSpec[] {
  const due = state.requests[request]?.undo?.until;
  return due === undefined ? [] : [{ kind: 'timer', due, payload: { command: 'RevertRemedy', request } }];
}

/** One timer a level; the first command decides itself what is due at once. */
function timers(state: Incident, policy: Policy): EffectSpec[] {
  return policy.escalation.levels.flatMap((level, index): EffectSpec[] =>
    level.afterMs <= 0 || hasReached(state, index + 1)
      ? []
      : [
          {
            kind: 'timer',
            due: new Date(dueAt(state, level)).toISOString(),
            payload: { command: 'CheckEscalation' },
          },
        ],
  );
}

function verdictTimer(state: Incident, event: Event, policy: Policy): EffectSpec[] {
  if (policy.diagnose === undefined || state.pool === undefined) return [];
  const due = new Date(Date.parse(event.at) + VERDICT_AFTER_MS).toISOString();
  return [{ kind: 'timer', due, payload: { command: 'ReachVerdict' } }];
}

/** The step that looks at the pool's utilisation, and the one that looks at the traffic. */
const CHARTED: Readonly<Record<number, SharedFile>> = { 1: 'utilisation', 4: 'traffic' };

/** One chart of each kind in a firing, and the whole of what a step's message had to cut. */
function filesOf(state: Incident, number: number): EffectSpec[] {
  const step = state.steps[number];
  if (step?.findings === undefined || step.running) return [];
  const files: SharedFile[] = [];
  const chart = CHARTED[number];
  const isWorth = chart !== 'traffic' || step.facts?.traffic !== undefined;
  if (chart !== undefined && isWorth && state.files[chart]?.firing !== state.firing) files.push(chart);
  if (step.findings.rest !== undefined) files.push(`rest-${number}`);
  return files.map((file) => fileOf(state, file));
}

function fileOf(state: Incident, file: SharedFile): EffectSpec {
  const payload = { file, firing: state.firing };
  return { kind: 'slack.file', lane: `files.${state.id}`, urgency: 3, payload };
}

function pagedLevels(state: Incident, except?: number): number[] {
  return state.levels
    .filter((reached) => reached.pages && reached.level !== except)
    .map((reached) => reached.level);
}

/** What was done is noted on every page, beside its own lane: a note that fails must hold up no resolve. */
function pagerNotes(state: Incident, policy: Policy): EffectSpec[] {
  if (policy.escalation.rest !== true) return [];
  return pagedLevels(state).map((level) => ({
    kind: 'pagerduty.note',
    lane: `notes.${state.id}.${level}`,
    payload: { level, seq: state.seq },
  }));
}

/** Beside the lane of the page: a reassignment that fails must hold up no resolve. */
function assignments(state: Incident, { to }: EventOf<'HandedOver'>, policy: Policy): EffectSpec[] {
  if (policy.escalation.rest !== true) return [];
  return levelsToAssign(state).map((level) => ({
    kind: 'pagerduty.assign',
    lane: `assign.${state.id}.${level}`,
    payload: { level, to },
  }));
}

function pagerduty(
  state: Incident,
  level: number,
  action: 'trigger' | 'acknowledge' | 'resolve',
): EffectSpec {
  return { kind: 'pagerduty.event', lane: `pagerduty.${state.id}.${level}`, payload: { level, action } };
}

function drawings(state: Incident, event: Event): EffectSpec[] {
  const message = (slot: Slot): EffectSpec => messageOf(state, event, slot);
  if (event.type === 'IncidentOpened') return [message('parent')];
  if (state.thread === undefined) return event.type === 'ThreadWanted' ? [message('parent')] : [];
  if (event.type === 'ThreadOpened') return threadSlots(state).map(message);
  const slots: Slot[] = [];
  if (changesParent(event)) slots.push('parent');
  if (event.type === 'VerdictReached' || event.type === 'RootCauseNamed') slots.push('verdict');
  if (CHANGES_FOLLOW_UPS.has(event.type)) slots.push('follow-ups');
  if (event.type === 'FileShared' && isTold(event)) slots.push(...tellerOf(state, event.file));
  if (event.type === 'StepStarted' || event.type === 'StepFinished') slots.push(`step-${event.step}`);
  if (state.kind === 'incident') {
    const request = requestOf(event);
    if (request !== undefined) slots.push(`request-${request}`);
  }
  if (isNoted(event) && tellsAnew(state, event)) slots.push(`note-${state.seq}`);
  if (event.type === 'LevelReached' && announces(state, event))
    slots.push(`level-${state.firing}-${event.level}`);
  if (event.type === 'PageFailed' || event.type === 'Paged') slots.push(...alarms(state, event.level));
  // What was suggested can no longer be asked for there, or something else is suggested now.
  if ((event.type === 'Resolved' || event.type === 'FixFailed') && state.verdict !== undefined)
    slots.push('verdict');
  if (CHANGES_ANNOUNCEMENTS.has(event.type)) slots.push(...announcements(state), ...alarms(state));
  return slots.map(message);
}

/** Everything that belongs in a thread that has just opened. */
function threadSlots(state: Incident): Slot[] {
  const steps = Object.keys(state.steps).map((step): Slot => `step-${Number(step)}`);
  const requests =
    state.kind === 'incident' ? Object.keys(state.requests).map((id): Slot => `request-${id}`) : [];
  return [
    'parent',
    ...(state.verdict === undefined ? [] : (['verdict'] as const)),
    ...steps,
    ...requests,
    ...(state.followUps === undefined ? [] : (['follow-ups'] as const)),
    ...state.notes.map((seq): Slot => `note-${seq}`),
    ...announcements(state),
    ...alarms(state),
  ];
}

/** The calls for those whom a page has not reached in time; a level without a channel is called in the thread. */
function alarms(state: Incident, level?: number): Slot[] {
  return state.levels
    .filter((reached) => reached.alarmed === true && announces(state, reached))
    .filter((reached) => level === undefined || reached.level === level)
    .map((reached): Slot => `alarm-${state.firing}-${reached.level}`);
}

function announcements(state: Incident): Slot[] {
  return state.levels
    .filter((reached) => announces(state, reached))
    .map((reached): Slot => `level-${state.firing}-${reached.level}`);
}

/** A picture speaks for itself; what stands in its place, and where a cut list is whole, the step says. */
function isTold({ file, instead }: EventOf<'FileShared'>): boolean {
  return instead !== undefined || file.startsWith('rest-');
}

/** The message that says in text what a picture would have shown; none where it is about something past. */
function tellerOf({ mitigation }: Incident, file: SharedFile): Slot[] {
  if (file === 'utilisation') return ['step-1'];
  if (file === 'traffic') return ['step-4'];
  if (file.startsWith('rest-')) return [`step-${Number(file.slice('rest-'.length))}`];
  return mitigation?.note !== undefined && file === `mitigation-${mitigation.request}`
    ? [`note-${mitigation.note}`]
    : [];
}

/** The closing of a request or warning that stands for itself is said by its parent message; a note would only repeat it. */
function tellsAnew(state: Incident, event: Event): boolean {
  return !(state.kind !== 'incident' && event.type === 'Resolved');
}

function changesParent(event: Event): boolean {
  return !UNSEEN_BY_PARENT.has(event.type);
}

const CHANGES_FOLLOW_UPS: ReadonlySet<Event['type']> = new Set([
  'FollowUpsListed',
  'FollowUpAssigned',
  'FollowUpClosed',
]);

/** Who has it, and whether it is over. */
const CHANGES_ANNOUNCEMENTS: ReadonlySet<Event['type']> = new Set([
  'Resolved',
  'Acknowledged',
  'Unacknowledged',
  'HandedOver',
]);

const UNSEEN_BY_PARENT: ReadonlySet<Event['type']> = new Set([
  ...CHANGES_FOLLOW_UPS,
  'FollowUpReminded',
  'ActRefused',
  'EffectDied',
  'FileShared',
  'StepStarted',
  'ThreadWanted',
]);

function requestOf(event: Event): string | undefined {
  switch (event.type) {
    case 'RemedyRequested':
      return event.request.id;
    case 'RemedyApproved':
    case 'RemedyDenied':
    case 'RemedyCancelled':
    case 'RemedyExpired':
    case 'RemedyStarted':
    case 'RemedyEnded':
    case 'UndoAsked':
    case 'UndoStarted':
    case 'UndoDelayed':
    case 'UndoEnded':
      return event.request;
    default:
      return undefined;
  }
}

function messageOf(state: Incident, event: Event, slot: Slot): EffectSpec {
  const [kind] = slot.split('-', 1);
  const lane = kind === 'level' || kind === 'alarm' ? `announce.${state.id}.${slot}` : `slack.${state.id}`;
  return { kind: 'slack.message', lane, urgency: urgencyOf(state, event, slot), payload: { slot } };
}
