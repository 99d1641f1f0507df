import { type Handler, Hopeless } from '../effects/handler.ts';
import { dedupKey } from '../incident/react.ts';
import type { Store } from '../store/store.ts';
import { laterFor, notYet } from './effect-outcome.ts';
import { noteText } from './note-text.ts';
import type { Refused, Retry } from './outcome.ts';
import type { Page } from './page.ts';
import type { Rest } from './rest.ts';

/** A first try older than this may be one whose claim a failover of the store forgot, so it is looked for. */
const FRESH_MS = 1_500;

/** The mark that our notes end with; the effect's id makes each of them known again. */
const MARK = /\[lifeguard inc-\d+\.\d+\.\d+\]\s*$/;

/** Whether a note of PagerDuty's was written by this handler. */
export function isOurNote(text: string): boolean {
  return MARK.test(text);
}

export interface NoteHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'event' | 'now'>;
  /** Left out: there is no REST access, and nothing is noted. */
  readonly rest: Rest | undefined;
  readonly pageOf: (pool: string | undefined, level: number) => Page | undefined;
}

/**
 * The handler of `pagerduty.note`: notes on the page of a level what was done. PagerDuty would take the
 * same note twice, so each carries its effect's id, and a try after an uncertain one looks for it first.
 */
export function createNoteHandler(options: NoteHandlerOptions): Handler<'pagerduty.note'> {
  return async (effect) => {
    const { level, seq } = effect.payload;
    const { rest, store } = options;
    const [incident, event, now] = await Promise.all([
      store.incident(effect.incident),
      store.event(effect.incident, seq),
      store.now(),
    ]);
    if (rest === undefined || incident === undefined || event === undefined) return {};
    const page = options.pageOf(incident.pool, level);
    // A level that moves the incident of another has no page of its own to be noted on.
    if (page === undefined || 'escalationLevel' in page) return {};
    const reached = incident.levels.find((one) => one.level === level);
    if (reached === undefined || reached.page === 'failed') return {};
    const ageMs = now.getTime() - Date.parse(effect.createdAt);
    if (reached.page !== 'sent') return incident.status === 'resolved' ? {} : notYet(ageMs);
    const text = noteText(incident, event);
    if (text === undefined) return {};

    const found = doneOr(await rest.findIncident(dedupKey(incident.id, level)));
    if (found === undefined) return notYet(ageMs);
    const mark = `[lifeguard ${effect.id}]`;
    if (effect.attempt > 1 || ageMs >= FRESH_MS) {
      const notes = doneOr(await rest.notes(found.id));
      if (notes.some((content) => content.includes(mark))) return {};
    }
    doneOr(await rest.addNote(found.id, `${text}\n${mark}`));
    return {};
  };
}

function doneOr<T>(outcome: { readonly kind: 'done'; readonly value: T } | Refused | Retry): T {
  if (outcome.kind === 'done') return outcome.value;
  if (outcome.kind === 'refused') throw new Hopeless(`PagerDuty: ${outcome.message}`);
  throw laterFor(outcome);
}
