import type { EventOf } from './events.ts';
import { isUndoable, type RemedyRequest, type Undo } from './remedy.ts';
import type { Incident } from './state.ts';

/** What happens to a remedy, from the asking to the undoing, and what it does for the pool. */
export type RemedyEvent = EventOf<
  | 'RemedyRequested'
  | 'RemedyApproved'
  | 'RemedyDenied'
  | 'RemedyCancelled'
  | 'RemedyExpired'
  | 'RemedyStarted'
  | 'RemedyEnded'
  | 'UndoAsked'
  | 'UndoStarted'
  | 'UndoDelayed'
  | 'UndoEnded'
  | 'Mitigated'
  | 'FixFailed'
>;

/** The incident after one more event of a remedy. */
export function evolveRemedy(state: Incident, event: RemedyEvent): Incident {
  switch (event.type) {
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
  }
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
