import type { Event } from '../incident/events.ts';
import type { PersonRef } from '../incident/people.ts';
import type { PoolReading, RemedyOutcome, RemedyRequest } from '../incident/remedy.ts';
import type { Incident } from '../incident/state.ts';

const OUTCOMES: Readonly<Record<RemedyOutcome, string>> = {
  done: 'Done',
  nothing_to_do: 'Nothing was to be done',
  refused: 'Refused',
  failed: 'Failed',
};

/**
 * What a note on a page says of a remedy: what was done, by whom, what it changed.
 *
 * @returns plain text; `undefined` for events that no note is about
 */
export function noteText(incident: Incident, event: Event): string | undefined {
  if (!('request' in event) || typeof event.request !== 'string') return undefined;
  const request = incident.requests[event.request];
  if (request === undefined) return undefined;
  const { title } = request.preview;
  switch (event.type) {
    case 'RemedyEnded':
      return lines(
        `${OUTCOMES[event.outcome]}: ${title}`,
        event.detail,
        peopleText(request),
        changeText(event.before, event.after),
      );
    case 'UndoEnded':
      return lines(`Undo of: ${title}`, `${OUTCOMES[event.outcome]}: ${event.detail}`, undoneBy(request));
    case 'Mitigated':
      return lines(`Mitigated by: ${title}`, changeText(event.before, event.after));
    case 'FixFailed':
      return lines(`That did not help enough: ${title}`, changeText(event.before, event.after));
    default:
      return undefined;
  }
}

function peopleText({ requestedBy, approvals }: RemedyRequest): string {
  const approvers = approvals.map(({ by }) => nameOf(by));
  const approved = approvers.length === 0 ? '' : `, approved by ${approvers.join(' and ')}`;
  return `Asked for by ${nameOf(requestedBy)}${approved}.`;
}

function undoneBy({ undo }: RemedyRequest): string {
  if (undo?.by === undefined) return '';
  return undo.by.via === 'system' ? 'Its time was up.' : `Asked for by ${nameOf(undo.by)}.`;
}

function changeText(before: PoolReading | undefined, after: PoolReading | undefined): string {
  if (after === undefined) return '';
  const now = `${Math.round(after.percent)} % (${after.used} of ${after.usable})`;
  return before === undefined
    ? `Connections in use now: ${now}.`
    : `Connections in use: ${Math.round(before.percent)} % (${before.used} of ${before.usable}) → ${now}.`;
}

function nameOf({ id, name }: PersonRef): string {
  return name ?? id;
}

function lines(...all: readonly string[]): string {
  return all
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('`', ''))
    .join('\n');
}
