import type { Event, EventOf } from './events.ts';
import { evolveLevel } from './evolve-level.ts';
import { evolveRemedy } from './evolve-remedy.ts';
import type { FollowUp, Incident } from './state.ts';

/** Events that always get a message of their own in the thread, besides redrawing what they change. */
const NOTED: ReadonlySet<Event['type']> = new Set([
  'Acknowledged',
  'IncidentReopened',
  'LevelReached',
  'PageFailed',
  'DataCorruptionSuspected',
  'ServicesAffected',
  'Snoozed',
  'SnoozeEnded',
  'HandedOver',
  'PageAssigned',
  'PageNotAssigned',
  'RootCauseNamed',
  'RemedyEnded',
  'UndoDelayed',
  'UndoEnded',
  'Mitigated',
  'FixFailed',
  'Resolved',
  'FollowUpReminded',
]);

/** Whether the event is told in the thread by a message of its own. */
export function isNoted(event: Event): boolean {
  if (event.type === 'PageMoved') return event.told;
  // A page that goes out as it should is told by the parent message.
  if (event.type === 'Paged') return event.way === 'fallback' || event.afterFailure === true;
  // A message that died must not be told by one more message: where Slack refuses all, that never ends.
  if (event.type === 'EffectDied') return event.kind !== 'slack.message';
  if (event.type === 'DatabaseUnresponsive' || event.type === 'DatabaseResponsive') return !event.again;
  return NOTED.has(event.type);
}

/**
 * The incident after one more event. Pure: the same events always add up to the same incident.
 *
 * @param state the incident so far; `undefined` before its first event
 * @throws Error when the first event is not `IncidentOpened`: such a stream is not an incident's
 */
export function evolve(state: Incident | undefined, event: Event): Incident {
  if (event.type === 'IncidentOpened') return opened(event);
  if (state === undefined) throw new Error(`an incident cannot begin with ${event.type}`);
  const seq = state.seq + 1;
  const next = { ...apply(state, event), seq };
  return isNoted(event) ? { ...next, notes: [...next.notes, seq] } : next;
}

/** All events of one incident, folded. */
export function fold(events: readonly Event[]): Incident | undefined {
  return events.reduce<Incident | undefined>(evolve, undefined);
}

function opened(event: EventOf<'IncidentOpened'>): Incident {
  return {
    id: event.id,
    kind: event.kind,
    ...(event.warning === undefined ? {} : { warning: event.warning }),
    seq: 1,
    status: 'open',
    ...(event.pool === undefined ? {} : { pool: event.pool }),
    channel: event.channel,
    title: event.title,
    severity: event.severity,
    openedAt: event.at,
    startsAt: event.startsAt,
    firing: 1,
    alerts: {},
    levels: [],
    steps: {},
    files: {},
    requests: {},
    notes: [],
  };
}

function apply(state: Incident, event: Exclude<Event, { type: 'IncidentOpened' }>): Incident {
  switch (event.type) {
    case 'AlertFired':
      return { ...state, alerts: { ...state.alerts, [event.alert.fingerprint]: event.alert } };
    case 'AlertCleared': {
      const alert = state.alerts[event.fingerprint];
      if (alert === undefined) return state;
      return { ...state, alerts: { ...state.alerts, [event.fingerprint]: { ...alert, firing: false } } };
    }
    case 'IncidentReopened':
      return reopened(state, event);
    case 'ThreadOpened':
      return {
        ...state,
        thread: {
          channel: event.channel,
          ts: event.ts,
          ...(event.permalink === undefined ? {} : { permalink: event.permalink }),
        },
      };
    case 'ThreadWanted':
      return { ...state, threadWanted: { by: event.by, at: event.at } };
    case 'Acknowledged':
      return {
        ...state,
        acknowledged: {
          by: event.by,
          at: event.at,
          ...(event.level === undefined ? {} : { level: event.level }),
        },
        owner: { person: event.by, at: event.at },
      };
    case 'Unacknowledged': {
      const { acknowledged: _none, owner, ...kept } = state;
      // One that was handed over belongs to the other, whose word it never was.
      return owner?.handedBy === undefined ? kept : { ...kept, owner };
    }
    case 'StepStarted': {
      const previous = state.steps[event.step];
      const step = { step: event.step, run: event.run, running: true, startedAt: event.at };
      const kept = previous?.findings === undefined ? step : { ...previous, ...step };
      return { ...state, steps: { ...state.steps, [event.step]: kept } };
    }
    case 'StepFinished':
      return stepFinished(state, event);
    case 'VerdictReached':
      return { ...state, verdict: { ...event.verdict, at: event.at, complete: event.complete } };
    case 'RootCauseNamed':
      return { ...state, rootCause: { title: event.title, by: event.by, at: event.at } };
    case 'FileShared': {
      const { type: _t, at: _at, file, ...shared } = event;
      return { ...state, files: { ...state.files, [file]: shared } };
    }
    case 'RemedyRequested':
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
    case 'Mitigated':
    case 'FixFailed':
      return evolveRemedy(state, event);
    case 'LevelReached':
    case 'Paged':
    case 'PageFailed':
    case 'PageMoved':
    case 'PageAssigned':
    case 'PageNotAssigned':
      return evolveLevel(state, event);
    case 'DataCorruptionSuspected': {
      const { type: _t, ...dataCorruption } = event;
      return { ...state, dataCorruption };
    }
    case 'DatabaseUnresponsive': {
      const { since, detail } = event;
      const unresponsive = { since, ...(detail === undefined ? {} : { detail }) };
      return { ...state, unresponsive, silences: (state.silences ?? 0) + 1 };
    }
    case 'DatabaseResponsive': {
      const { unresponsive: _u, ...kept } = state;
      return kept;
    }
    case 'ServicesAffected':
      return { ...state, services: { services: event.services, alerts: event.alerts } };
    case 'Snoozed': {
      const { type: _t, ...snooze } = event;
      return { ...state, snoozes: [...(state.snoozes ?? []), snooze] };
    }
    case 'SnoozeEnded':
      return { ...state, snoozes: (state.snoozes ?? []).map((snooze) => ({ ...snooze, isOver: true })) };
    case 'HandedOver': {
      const { to, from, by, at } = event;
      return {
        ...state,
        owner: { person: to, at, handedBy: by, ...(from === undefined ? {} : { from }) },
      };
    }
    case 'Resolved':
      return {
        ...state,
        status: 'resolved',
        resolved: { at: event.at, how: event.how, ...(event.by === undefined ? {} : { by: event.by }) },
      };
    case 'FollowUpsListed':
      return { ...state, followUps: event.items };
    case 'FollowUpAssigned': {
      const { item, to, due } = event;
      return withFollowUp(state, item, ({ due: _d, ...kept }) => ({
        ...kept,
        assignee: to,
        ...(due === undefined ? {} : { due }),
      }));
    }
    case 'FollowUpClosed':
      return withFollowUp(state, event.item, (item) => ({
        ...item,
        closed: { by: event.by, at: event.at },
      }));
    case 'FollowUpReminded':
    case 'ActRefused':
    case 'EffectDied':
      return state;
  }
}

/** A reopened incident keeps its thread, its findings and its requests; what people did about the last firing is past. */
function reopened(state: Incident, event: EventOf<'IncidentReopened'>): Incident {
  const {
    acknowledged: _a,
    owner: _o,
    resolved: _r,
    mitigatedAt: _m,
    mitigation: _by,
    rootCause: _c,
    verdict: _v,
    dataCorruption: _d,
    unresponsive: _u,
    silences: _n,
    services: _s,
    snoozes: _z,
    ...kept
  } = state;
  return { ...kept, status: 'open', startsAt: event.startsAt, firing: state.firing + 1, levels: [] };
}

function stepFinished(state: Incident, event: EventOf<'StepFinished'>): Incident {
  const known = state.steps[event.step];
  if (known === undefined || known.run !== event.run) return state;
  const { facts: _f, ...step } = known;
  return {
    ...state,
    ...(event.reading === undefined ? {} : { reading: event.reading }),
    steps: {
      ...state.steps,
      [event.step]: {
        ...step,
        running: false,
        finishedAt: event.at,
        ok: event.ok,
        ms: event.ms,
        findings: event.findings,
        ...(event.facts === undefined ? {} : { facts: event.facts }),
      },
    },
  };
}

function withFollowUp(state: Incident, id: string, change: (item: FollowUp) => FollowUp): Incident {
  const { followUps } = state;
  if (followUps === undefined) return state;
  return { ...state, followUps: followUps.map((one) => (one.id === id ? change(one) : one)) };
}
