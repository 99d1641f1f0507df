import { type Handled, type Handler, Hopeless, Later } from '../effects/handler.ts';
import type { EffectOf } from '../incident/effects.ts';
import { dedupKey } from '../incident/react.ts';
import type { Incident, ReachedLevel } from '../incident/state.ts';
import type { Store } from '../store/store.ts';
import type { PagerEvent } from './event.ts';
import type { Events, Outcome } from './events.ts';
import type { Refused, Retry } from './outcome.ts';
import { LOUD_AFTER_MS, patienceMs, Quiet } from './patience.ts';
import type { Rest } from './rest.ts';
import { triggerOf } from './trigger.ts';

/** How a level is paged: a service of its own, or the one incident moved up. */
export type Page =
  | { readonly routingKey: string; readonly fallbackRoutingKey?: string }
  | { readonly escalationLevel: number };

type RoutedPage = Extract<Page, { routingKey: string }>;

/** A page waits this long for the thread, so that it can link to it; then it goes without. */
const WAIT_FOR_THREAD_MS = 1_500;
const LOOK_FOR_THREAD_MS = 150;

export interface PageHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  readonly events: Events;
  readonly rest: Rest | undefined;
  /** How the level is paged by the configuration as it is now, and the pool's links. */
  readonly pageOf: (pool: string | undefined, level: number) => Page | undefined;
  readonly linksOf: (pool: string | undefined) => Readonly<Record<string, string>>;
  /** Told of each try: `undefined` when PagerDuty took it, else why not. */
  readonly onTry?: (trouble: string | undefined) => void;
  readonly random?: () => number;
  readonly quiet?: Quiet;
}

/**
 * The handler of `pagerduty.event`. Safe to run twice: PagerDuty takes a second trigger under an open
 * `dedup_key` for the same page. Nobody is paged for an incident that has been resolved meanwhile.
 *
 * A page that PagerDuty does not take is tried again, sooner at first, and when PagerDuty names a time
 * not before it. When it has been refused, or has not gone out for a minute, the incident is told, which
 * calls the level's people in Slack; from then on the level's second key is tried after the first.
 */
export function createPageHandler(options: PageHandlerOptions): Handler<'pagerduty.event'> {
  const { random = Math.random, quiet = new Quiet() } = options;

  return async (effect) => {
    const { level, action } = effect.payload;
    const incident = await options.store.incident(effect.incident);
    if (incident === undefined) return {};
    if (action === 'trigger' && incident.status === 'resolved') return {};
    const page = options.pageOf(incident.pool, level);
    if (page === undefined) {
      if (action !== 'trigger') return {};
      throw new Hopeless('the level has no page any more', {
        command: failure(level, 'its `page` is no longer in lifeguard.yaml', true),
      });
    }
    if (action === 'trigger' && incident.thread === undefined) await waitForThread(effect);
    if ('escalationLevel' in page) return await moveUp(effect, incident, page.escalationLevel);
    return action === 'trigger'
      ? await trigger(effect, incident, page)
      : await followUp(effect, incident, page, action);
  };

  async function trigger(
    effect: EffectOf<'pagerduty.event'>,
    incident: Incident,
    page: RoutedPage,
  ): Promise<Handled> {
    const { level } = effect.payload;
    const reached = levelOf(incident, level);
    const event = {
      ...triggerOf(incident, level, options.linksOf(incident.pool)),
      action: 'trigger',
    } as const;
    const key = dedupKey(incident.id, level);
    const outcome = await send({ ...event, routingKey: page.routingKey, dedupKey: key });
    if (outcome.kind === 'accepted') return taken(level, outcome.dedupKey);
    const { fallbackRoutingKey } = page;
    if (fallbackRoutingKey === undefined) return await notTaken(effect, outcome, true);
    // The incident is told first, so that a crash in between leaves nobody without a call.
    if (reached?.page === undefined) return await notTaken(effect, outcome, false);
    const second = await send({ ...event, routingKey: fallbackRoutingKey, dedupKey: key });
    if (second.kind === 'accepted') return taken(level, second.dedupKey, 'fallback');
    return await notTaken(effect, outcome.kind === 'refused' ? second : outcome, true);
  }

  /** An acknowledgement or a resolve goes to whichever key has taken the page, or may have. */
  async function followUp(
    effect: EffectOf<'pagerduty.event'>,
    incident: Incident,
    page: RoutedPage,
    action: 'acknowledge' | 'resolve',
  ): Promise<Handled> {
    const { level } = effect.payload;
    const reached = levelOf(incident, level);
    // Every key was refused: there is nothing at PagerDuty that could be acknowledged or resolved.
    if (reached?.page === 'failed') return {};
    const event = { action, dedupKey: dedupKey(incident.id, level) };
    const { routingKey, fallbackRoutingKey } = page;
    const usesFallback = reached?.pageWay === 'fallback' && fallbackRoutingKey !== undefined;
    const outcome = await send({ ...event, routingKey: usesFallback ? fallbackRoutingKey : routingKey });
    if (outcome.kind !== 'accepted') return await notTaken(effect, outcome, true);
    // An answer of the first key may have been lost: then a page is open there too.
    if (usesFallback) await send({ ...event, routingKey });
    return {};
  }

  async function send(event: PagerEvent): Promise<Outcome> {
    const left = quiet.left(event.routingKey);
    if (left !== undefined) {
      return {
        kind: 'retry',
        status: 429,
        afterMs: left,
        message: 'PagerDuty asked to be left alone for a while',
      };
    }
    const outcome = await options.events.send(event);
    if (outcome.kind === 'retry' && outcome.afterMs !== undefined)
      quiet.ask(event.routingKey, outcome.afterMs);
    return outcome;
  }

  /** One PagerDuty incident for all levels: the first level's page opened it, and this moves it up. */
  async function moveUp(
    effect: EffectOf<'pagerduty.event'>,
    incident: Incident,
    to: number,
  ): Promise<Handled> {
    const { level, action } = effect.payload;
    if (action !== 'trigger') return {};
    const first = incident.levels.find((one) => {
      const page = options.pageOf(incident.pool, one.level);
      return page !== undefined && 'routingKey' in page;
    });
    if (options.rest === undefined || first === undefined) {
      const why =
        options.rest === undefined
          ? '`escalation_level` needs PAGERDUTY_API_TOKEN and PAGERDUTY_FROM_EMAIL'
          : '`escalation_level` needs a lower level with a `routing_key`, which opens the PagerDuty incident';
      throw new Hopeless(why, { command: failure(level, why, true) });
    }
    const key = dedupKey(incident.id, first.level);
    const outcome = await options.rest.escalate({ incidentKey: key }, to);
    if (outcome.kind !== 'done') return await notTaken(effect, outcome, true);
    return taken(level, key, 'moved');
  }

  function taken(level: number, key: string, way?: 'fallback' | 'moved'): Handled {
    options.onTry?.(undefined);
    return {
      command: { type: 'RecordPage', level, dedupKey: key, ...(way === undefined ? {} : { way }) },
    };
  }

  /** @param isLast no other key is left to be tried */
  async function notTaken(
    effect: EffectOf<'pagerduty.event'>,
    outcome: Refused | Retry,
    isLast: boolean,
  ): Promise<Handled> {
    const { level, action } = effect.payload;
    const isTrigger = action === 'trigger';
    options.onTry?.(outcome.message);
    const isRefused = outcome.kind === 'refused';
    if (isRefused && isLast) {
      throw new Hopeless(
        `PagerDuty: ${outcome.message}`,
        isTrigger ? { command: failure(level, outcome.message, true) } : {},
      );
    }
    const age = await ageOf(effect);
    const isLoud = isTrigger && (isRefused || age >= LOUD_AFTER_MS);
    throw new Later(`PagerDuty: ${outcome.message}`, {
      // Once the incident is told, the second key is tried without delay.
      afterMs: isLoud && !isLast ? 0 : patienceMs(age, isRefused ? undefined : outcome.afterMs, random()),
      ...(isLoud ? { command: failure(level, outcome.message, false) } : {}),
    });
  }

  async function waitForThread(effect: EffectOf<'pagerduty.event'>): Promise<void> {
    const age = await ageOf(effect);
    if (age < WAIT_FOR_THREAD_MS) throw new Later('waiting for the thread', { afterMs: LOOK_FOR_THREAD_MS });
  }

  async function ageOf(effect: EffectOf<'pagerduty.event'>): Promise<number> {
    return (await options.store.now()).getTime() - Date.parse(effect.createdAt);
  }
}

function levelOf(incident: Incident, level: number): ReachedLevel | undefined {
  return incident.levels.find((one) => one.level === level);
}

function failure(level: number, detail: string, final: boolean) {
  return { type: 'RecordPageFailure' as const, level, detail, final };
}
