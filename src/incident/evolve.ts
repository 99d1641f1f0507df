import type { Event, EventOf } from './events.ts';
import { isStanding, KEPT_NOTICES } from './pages.ts';
import { isUndoable, type RemedyRequest, type Undo } from './remedy.ts';
import type { FollowUp, Incident, ReachedLevel } from './state.ts';

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
      return { ...state, requests: { ...state.requests, [event.request.id]: event.request } };
    case 'RemedyApproved':
      return withRequest(state, event.request, (request) => ({
        ...request,
        approvals: [...request.approvals, { by: event.by, at: event.at }],
        status: event.enough ? 'approved' : request.status,
      }));
    case 'RemedyDenied':
    case 'RemedyCancelled':
      return withRequest(state, event.request, (request) => ({
        ...request,
        status: event.type === 'RemedyDenied' ? 'denied' : 'cancelled',
        closedBy: event.by,
        ...(event.type === 'RemedyCancelled' && event.because !== undefined
          ? { closedBecause: event.because }
          : {}),
      }));
    case 'RemedyExpired':
      return withRequest(state, event.request, (request) => ({ ...request, status: 'expired' }));
    case 'RemedyStarted':
      return withRequest(state, event.request, (request) => ({ ...request, status: 'running' }));
    case 'RemedyEnded':
      return remedyEnded(state, event);
    case 'UndoAsked':
      return withUndo(state, event.request, ({ trouble: _t, ...undo }) => ({
        ...undo,
        status: 'asked',
        by: event.by,
        askedAt: event.at,
      }));
    case 'UndoStarted':
      return withUndo(state, event.request, (undo) => ({ ...undo, status: 'running' }));
    case 'UndoDelayed':
      return withUndo(state, event.request, (undo) => ({ ...undo, trouble: event.detail }));
    case 'UndoEnded':
      return withUndo(state, event.request, (undo) => undoEnded(undo, event));
    case 'Mitigated': {
      const { type: _t, at, ...mitigation } = event;
      const note = state.seq + 1;
      return { ...state, mitigatedAt: at, mitigation: { ...mitigation, note }, reading: event.after };
    }
    case 'FixFailed':
      return fixFailed(state, event);
    case 'LevelReached':
      return { ...state, levels: [...state.levels, reached(event)] };
    case 'Paged':
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        page: 'sent',
        pagedAt: event.at,
        ...(event.way === undefined ? {} : { pageWay: event.way }),
      }));
    case 'PageFailed':
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        page: event.final ? 'failed' : 'failing',
        alarmed: true,
      }));
    case 'PageMoved':
      return pageMoved(state, event);
    case 'PageAssigned': {
      const { at, name } = event;
      return withLevel(state, event.level, (reached) => ({
        ...reached,
        assigned: { at, name },
        assignees: [name],
      }));
    }
    case 'PageNotAssigned':
      return withLevel(state, event.level, (reached) => ({ ...reached, assigned: { at: event.at } }));
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

function remedyEnded(state: Incident, event: EventOf<'RemedyEnded'>): Incident {
  const { type: _t, request: id, ...result } = event;
  const next = withRequest(state, id, (request) => {
    const undo = undoOf(request, event);
    return { ...request, status: 'ended', result, ...(undo === undefined ? {} : { undo }) };
  });
  return event.after === undefined ? next : { ...next, reading: event.after };
}

/** The change that stands after the remedy, if it made one that can be undone, or nobody knows whether it did. */
function undoOf({ target }: RemedyRequest, event: EventOf<'RemedyEnded'>): Undo | undefined {
  const { at, outcome, unknown = false } = event;
  if (!(outcome === 'done' || unknown) || !isUndoable(target)) return undefined;
  const afterMs = 'revertAfterMs' in target ? target.revertAfterMs : undefined;
  return {
    status: 'standing',
    ...(afterMs === undefined ? {} : { until: new Date(Date.parse(at) + afterMs).toISOString() }),
  };
}

/** A change that could not be undone still stands; one that is not there any more, by whomever, is over. */
function undoEnded({ trouble: _t, ...undo }: Undo, event: EventOf<'UndoEnded'>): Undo {
  const { outcome, detail, at } = event;
  const isOver = outcome === 'done' || outcome === 'nothing_to_do';
  return { ...undo, status: isOver ? 'ended' : 'standing', result: { outcome, detail, at } };
}

function withUndo(state: Incident, id: string, change: (undo: Undo) => Undo): Incident {
  return withRequest(state, id, (request) =>
    request.undo === undefined ? request : { ...request, undo: change(request.undo) },
  );
}

/** What an earlier remedy had won is lost again: levels that it made unnecessary are needed. */
function fixFailed(state: Incident, { after }: EventOf<'FixFailed'>): Incident {
  const { mitigatedAt: _m, mitigation: _by, ...kept } = state;
  return after === undefined ? kept : { ...kept, reading: after };
}

function withRequest(
  state: Incident,
  id: string,
  change: (request: RemedyRequest) => RemedyRequest,
): Incident {
  const request = state.requests[id];
  if (request === undefined) return state;
  return { ...state, requests: { ...state.requests, [id]: change(request) } };
}

function withFollowUp(state: Incident, id: string, change: (item: FollowUp) => FollowUp): Incident {
  const { followUps } = state;
  if (followUps === undefined) return state;
  return { ...state, followUps: followUps.map((one) => (one.id === id ? change(one) : one)) };
}

function withLevel(
  state: Incident,
  level: number,
  change: (reached: ReachedLevel) => ReachedLevel,
): Incident {
  return { ...state, levels: state.levels.map((one) => (one.level === level ? change(one) : one)) };
}

function pageMoved(state: Incident, event: EventOf<'PageMoved'>): Incident {
  const { assignees, occurredAt } = event;
  const next = withLevel(state, event.level, (reached) => ({
    ...reached,
    ...(assignees === undefined ? {} : { assignees }),
    ...(isStanding(event.what) ? { movedAt: occurredAt } : {}),
  }));
  return { ...next, notices: [...(state.notices ?? []), event.notice].slice(-KEPT_NOTICES) };
}

function reached(event: EventOf<'LevelReached'>): ReachedLevel {
  return {
    level: event.level,
    name: event.name,
    at: event.at,
    why: event.why,
    pages: event.pages,
    ...(event.condition === undefined ? {} : { condition: event.condition }),
    ...(event.channel === undefined ? {} : { channel: event.channel }),
  };
}
