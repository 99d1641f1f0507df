import type { Handled, Handler } from '../effects/handler.ts';
import { isToAssign } from '../incident/assignment.ts';
import type { PersonRef } from '../incident/people.ts';
import { dedupKey } from '../incident/react.ts';
import type { Store } from '../store/store.ts';
import { laterFor, notYet } from './effect-outcome.ts';
import type { Refused, Retry } from './outcome.ts';
import type { Page } from './page.ts';
import type { Rest } from './rest.ts';

/** The e-mail address of a person of Slack's, or why it is not known, in words that may be shown to anyone. */
export type Address = { readonly email: string } | { readonly unknown: string };

export interface AssignHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  /** Left out: there is no REST access, and nothing is reassigned. */
  readonly rest: Rest | undefined;
  readonly pageOf: (pool: string | undefined, level: number) => Page | undefined;
  /** Asks Slack. @throws Later when it does not say now */
  readonly addressOf: (user: string) => Promise<Address>;
}

/**
 * The handler of `pagerduty.assign`: gives the page of a level to the person whom the incident was handed to,
 * who is known at PagerDuty by the e-mail address that Slack has of them. Where they are not, the thread says so.
 *
 * Safe to run twice: a page that is theirs already is left alone, for reassigning it would page them again. One
 * that was handed on meanwhile, or whose incident is over, is left alone too.
 */
export function createAssignHandler(options: AssignHandlerOptions): Handler<'pagerduty.assign'> {
  return async (effect) => {
    const { level, to } = effect.payload;
    const { rest, store } = options;
    const [incident, now] = await Promise.all([store.incident(effect.incident), store.now()]);
    if (rest === undefined || incident === undefined || !isToAssign(incident, to.id)) return {};
    const page = options.pageOf(incident.pool, level);
    // A level that moves the page of another has none of its own to be given to anybody.
    if (page === undefined || 'escalationLevel' in page) return {};
    const reached = incident.levels.find((one) => one.level === level);
    if (reached === undefined || reached.page === 'failed') return {};
    const ageMs = now.getTime() - Date.parse(effect.createdAt);
    if (reached.page !== 'sent') return notYet(ageMs);

    const address = await options.addressOf(to.id);
    if ('unknown' in address) return failed(level, to, address.unknown);
    const user = await rest.userByEmail(address.email);
    if (user.kind !== 'done') return notDone(user, level, to);
    if (user.value === undefined) return failed(level, to, 'PagerDuty knows nobody by their e-mail address');
    const found = await rest.findIncident(dedupKey(incident.id, level));
    if (found.kind !== 'done') return notDone(found, level, to);
    if (found.value === undefined) return notYet(ageMs);
    const { id, status, assigneeIds } = found.value;
    if (status === 'resolved') return {};
    const isTheirs = assigneeIds.length === 1 && assigneeIds[0] === user.value.id;
    const assigned = isTheirs ? found : await rest.assign(id, user.value.id);
    if (assigned.kind !== 'done') return notDone(assigned, level, to);
    return { command: { type: 'RecordAssignment', level, to, name: user.value.name } };
  };
}

/** What PagerDuty refuses is told in the thread; anything else is tried again. @throws Later */
function notDone(outcome: Refused | Retry, level: number, to: PersonRef): Handled {
  if (outcome.kind === 'refused') return failed(level, to, outcome.message);
  throw laterFor(outcome);
}

function failed(level: number, to: PersonRef, why: string): Handled {
  return { command: { type: 'RecordAssignment', level, to, why } };
}
