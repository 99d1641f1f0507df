import type { Event } from '../incident/events.ts';
import type { PoolReading, RemedyOutcome, RemedyRequest } from '../incident/remedy.ts';
import type { Incident } from '../incident/state.ts';
import type { NameOf } from './names.ts';
import type { RemedyDone } from './types.ts';

/** What an event of a remedy tells on the timeline; `undefined` for events of other kinds. */
export function remedyEvent(incident: Incident, event: Event, nameOf: NameOf): string | undefined {
  switch (event.type) {
    case 'RemedyRequested':
      return `${nameOf(event.request.requestedBy)} asked for: ${event.request.preview.title}${event.request.reason === undefined ? '' : ` (${event.request.reason})`}`;
    case 'RemedyApproved':
      return `${nameOf(event.by)} approved: ${titleOf(incident, event.request)}${event.enough ? '' : '; it takes one more'}`;
    case 'RemedyDenied':
      return `${nameOf(event.by)} denied: ${titleOf(incident, event.request)}`;
    case 'RemedyCancelled':
      return event.because === 'resolved'
        ? `Closed with the incident: ${titleOf(incident, event.request)}`
        : `${nameOf(event.by)} cancelled: ${titleOf(incident, event.request)}`;
    case 'RemedyExpired':
      return `Nobody approved in time: ${titleOf(incident, event.request)}`;
    case 'RemedyEnded':
      return `${OUTCOMES[event.outcome]}: ${titleOf(incident, event.request)}; ${event.detail}${change(event.before, event.after)}`;
    case 'UndoAsked':
      return `${event.by.via === 'system' ? 'Its time is up' : `${nameOf(event.by)} asked to undo`}: ${titleOf(incident, event.request)}`;
    case 'UndoDelayed':
      return `Not undone yet: ${titleOf(incident, event.request)}; ${event.detail}`;
    case 'UndoEnded':
      return `Undo, ${OUTCOMES[event.outcome].toLowerCase()}: ${titleOf(incident, event.request)}; ${event.detail}`;
    case 'Mitigated':
      return `Mitigated by: ${titleOf(incident, event.request)}${change(event.before, event.after)}`;
    case 'FixFailed':
      return `That did not help enough: ${titleOf(incident, event.request)}${change(event.before, event.after)}`;
    default:
      return undefined;
  }
}

const OUTCOMES: Readonly<Record<RemedyOutcome, string>> = {
  done: 'Done',
  nothing_to_do: 'Nothing to do',
  refused: 'Refused',
  failed: 'Failed',
};

/** Every remedy that was asked for, in order, and what came of it. */
export function remediesOf(incident: Incident, events: readonly Event[], nameOf: NameOf): RemedyDone[] {
  return Object.values(incident.requests).map((request) => {
    const { result } = request;
    const verdict = watchedEnd(request.id, events);
    const after = verdict?.after ?? result?.after;
    const before = verdict?.before ?? result?.before;
    return {
      title: request.preview.title,
      requestedBy: nameOf(request.requestedBy),
      requestedAt: request.requestedAt,
      ...(request.reason === undefined ? {} : { reason: request.reason }),
      approvedBy: request.approvals.map(({ by }) => nameOf(by)),
      end: endOf(request, verdict?.type),
      ...(result === undefined ? {} : { outcome: result.outcome, endedAt: result.at }),
      detail: result?.detail ?? STANDING[request.status],
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...undoneOf(request),
    };
  });
}

/** Whether the pool got well by it, as the watch over it found last. */
function watchedEnd(request: string, events: readonly Event[]) {
  return events.findLast(
    (event): event is Extract<Event, { type: 'Mitigated' | 'FixFailed' }> =>
      (event.type === 'Mitigated' || event.type === 'FixFailed') && event.request === request,
  );
}

function endOf(request: RemedyRequest, watched: 'Mitigated' | 'FixFailed' | undefined): RemedyDone['end'] {
  if (watched !== undefined) return watched === 'Mitigated' ? 'helped' : 'did_not_help';
  if (request.result?.outcome === 'done') return 'not_measured';
  const isOpen =
    request.status === 'pending' || request.status === 'approved' || request.status === 'running';
  return isOpen ? 'open' : 'not_done';
}

const STANDING: Readonly<Record<RemedyRequest['status'], string>> = {
  pending: 'waits for approval',
  approved: 'approved, waits for its turn',
  running: 'is being carried out',
  ended: 'ended',
  denied: 'denied; nothing was done',
  expired: 'nobody approved it in time; nothing was done',
  cancelled: 'cancelled before it began; nothing was done',
};

function undoneOf({ undo }: RemedyRequest): { readonly undone?: string } {
  if (undo === undefined) return {};
  if (undo.status === 'ended') return { undone: undo.result?.detail ?? 'undone' };
  return { undone: undo.until === undefined ? 'still in force' : `in force until ${undo.until}` };
}

function titleOf(incident: Incident, request: string): string {
  return incident.requests[request]?.preview.title ?? request;
}

function change(before: PoolReading | undefined, after: PoolReading | undefined): string {
  if (after === undefined) return '';
  const to = `${Math.round(after.percent)} % (${after.used} of ${after.usable})`;
  return before === undefined ? `; the pool is at ${to}` : `; ${Math.round(before.percent)} % → ${to}`;
}
