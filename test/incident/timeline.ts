import type { Event } from '../../src/incident/events.ts';

/** What may still be heard of an incident that is over: what was under way, and what is done about it afterwards. */
const AFTERWARDS: ReadonlySet<Event['type']> = new Set([
  'AlertFired',
  'AlertCleared',
  'IncidentReopened',
  'ThreadOpened',
  'StepFinished',
  'VerdictReached',
  'FileShared',
  'RemedyDenied',
  'RemedyCancelled',
  'RemedyExpired',
  'RemedyEnded',
  'UndoAsked',
  'UndoStarted',
  'UndoDelayed',
  'UndoEnded',
  'Paged',
  'PageFailed',
  'PageMoved',
  'PageAssigned',
  'PageNotAssigned',
  'ServicesAffected',
  'DataCorruptionSuspected',
  'FollowUpsListed',
  'FollowUpAssigned',
  'FollowUpClosed',
  'FollowUpReminded',
  'ActRefused',
  'EffectDied',
]);

/** Which events a request may have had last when this one comes. */
const REQUEST_AFTER = {
  RemedyRequested: [undefined],
  RemedyApproved: ['RemedyRequested'],
  RemedyDenied: ['RemedyRequested'],
  RemedyExpired: ['RemedyRequested'],
  RemedyCancelled: ['RemedyRequested', 'enough'],
  RemedyStarted: ['enough'],
  // Refused, it ends without a start.
  RemedyEnded: ['RemedyStarted', 'enough'],
} as const;

/**
 * Reads a timeline by the meaning of its events alone, with none of the core's rules, and says what cannot have
 * been so: one that ended and never began, a level reached twice, a step back in time.
 *
 * @param events all of one incident, in order
 * @returns one sentence a contradiction; empty for a timeline without any
 */
export function contradictions(events: readonly Event[]): string[] {
  const faults: string[] = [];
  const requests = new Map<string, string>();
  const steps = new Map<number, { run: number; running: boolean }>();
  let levels = new Map<number, boolean>();
  let paged = new Set<number>();
  let open = true;
  let isAcknowledged = false;
  let hasThread = false;
  let last = Number.NEGATIVE_INFINITY;

  for (const [index, event] of events.entries()) {
    const say = (what: string): void => void faults.push(`#${index + 1} ${event.type} ${what}`);
    const at = Date.parse(event.at);
    if (!(at >= last)) say(`at ${event.at} is before the one before it`);
    last = at;
    if ((event.type === 'IncidentOpened') !== (index === 0)) say('where the incident is not opened');
    if (!open && !AFTERWARDS.has(event.type)) say('of an incident that is over');
    switch (event.type) {
      case 'IncidentReopened':
        if (open) say('of one that is open');
        open = true;
        isAcknowledged = false;
        levels = new Map();
        paged = new Set();
        // They begin anew with it; what the former runs find is no news any more.
        for (const step of steps.values()) step.running = false;
        break;
      case 'Resolved':
        open = false;
        break;
      case 'ThreadOpened':
        if (hasThread) say('a second time');
        hasThread = true;
        break;
      case 'Acknowledged':
        if (isAcknowledged) say('though somebody has it');
        isAcknowledged = true;
        break;
      case 'Unacknowledged':
        if (!isAcknowledged) say('though nobody had it');
        isAcknowledged = false;
        break;
      case 'StepStarted': {
        const before = steps.get(event.step);
        if (before?.running === true) say(`though run ${before.run} of step ${event.step} is under way`);
        if (event.run <= (before?.run ?? 0)) say(`run ${event.run} after run ${before?.run}`);
        steps.set(event.step, { run: event.run, running: true });
        break;
      }
      case 'StepFinished': {
        const step = steps.get(event.step);
        if (step?.run !== event.run || !step.running) say(`run ${event.run}, which is not under way`);
        else step.running = false;
        break;
      }
      case 'RemedyRequested':
      case 'RemedyApproved':
      case 'RemedyDenied':
      case 'RemedyCancelled':
      case 'RemedyExpired':
      case 'RemedyStarted':
      case 'RemedyEnded': {
        const id = typeof event.request === 'string' ? event.request : event.request.id;
        const before = requests.get(id);
        const fits: readonly (string | undefined)[] = REQUEST_AFTER[event.type];
        if (!fits.includes(before)) say(`of ${id} after ${before ?? 'nothing'}`);
        if (event.type !== 'RemedyApproved') requests.set(id, event.type);
        else if (event.enough) requests.set(id, 'enough');
        break;
      }
      case 'Mitigated':
      case 'FixFailed':
        if (requests.get(event.request) !== 'RemedyEnded') say(`by ${event.request}, which has not ended`);
        break;
      case 'LevelReached':
        if (levels.has(event.level)) say(`${event.level} a second time`);
        levels.set(event.level, event.pages);
        break;
      case 'Paged':
        if (levels.get(event.level) !== true) say(`level ${event.level}, which is not in force`);
        if (paged.has(event.level)) say(`level ${event.level} a second time`);
        paged.add(event.level);
        break;
      case 'PageFailed':
        if (levels.get(event.level) !== true) say(`level ${event.level}, which is not in force`);
        break;
    }
  }
  return faults;
}
