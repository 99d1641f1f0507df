import { type Handled, type Handler, Hopeless, Later } from '../effects/handler.ts';
import type { EffectOf } from '../incident/effects.ts';
import { dedupKey } from '../incident/react.ts';
import { firingAlerts, type Incident } from '../incident/state.ts';
import type { Store } from '../store/store.ts';
import type { PagerEvent, Severity } from './event.ts';
import type { createEvents } from './events.ts';
import type { Refused, Retry } from './outcome.ts';
import type { createRest } from './rest.ts';

/** How a level is paged: a service of its own, or the one incident moved up. */
export type Page =
  | { readonly routingKey: string; readonly fallbackRoutingKey?: string }
  | { readonly escalationLevel: number };

/** A page waits this long for the thread, so that it can link to it; then it goes without. */
const WAIT_FOR_THREAD_MS = 1_500;
const LOOK_FOR_THREAD_MS = 150;

/** A page that has not gone out for this long is said loudly in the thread. */
export const LOUD_AFTER_MS = 60_000;

export interface PageHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  readonly events: ReturnType<typeof createEvents>;
  readonly rest: ReturnType<typeof createRest> | undefined;
  /** How the level is paged by the configuration as it is now, and the pool's links. */
  readonly pageOf: (pool: string | undefined, level: number) => Page | undefined;
  readonly linksOf: (pool: string | undefined) => Readonly<Record<string, string>>;
  /** Told of each try: `undefined` when PagerDuty took it, else why not. */
  readonly onTry?: (trouble: string | undefined) => void;
}

/**
 * The handler of `pagerduty.event`. Safe to run twice: PagerDuty takes a second trigger under an open
 * `dedup_key` for the same page. Nobody is paged for an incident that has been resolved meanwhile.
 */
export function createPageHandler(options: PageHandlerOptions): Handler<'pagerduty.event'> {
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
    return 'routingKey' in page
      ? await sendEvent(effect, incident, page.routingKey)
      : await moveUp(effect, incident, page.escalationLevel);
  };

  async function sendEvent(
    effect: EffectOf<'pagerduty.event'>,
    incident: Incident,
    routingKey: string,
  ): Promise<Handled> {
    const { level, action } = effect.payload;
    const key = dedupKey(incident.id, level);
    const event: PagerEvent =
      action === 'trigger'
        ? { ...triggerOf(incident, level), action, routingKey, dedupKey: key }
        : { action, routingKey, dedupKey: key };
    const outcome = await options.events.send(event);
    if (outcome.kind !== 'accepted') return await notTaken(effect, outcome);
    options.onTry?.(undefined);
    return action === 'trigger' ? { command: { type: 'RecordPage', level, dedupKey: outcome.dedupKey } } : {};
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
    if (outcome.kind !== 'done') return await notTaken(effect, outcome);
    options.onTry?.(undefined);
    return { command: { type: 'RecordPage', level, dedupKey: key } };
  }

  async function notTaken(effect: EffectOf<'pagerduty.event'>, outcome: Refused | Retry): Promise<never> {
    const { level, action } = effect.payload;
    const isTrigger = action === 'trigger';
    options.onTry?.(outcome.message);
    if (outcome.kind === 'refused') {
      throw new Hopeless(
        `PagerDuty: ${outcome.message}`,
        isTrigger ? { command: failure(level, outcome.message, true) } : {},
      );
    }
    const age = (await options.store.now()).getTime() - Date.parse(effect.createdAt);
    throw new Later(`PagerDuty: ${outcome.message}`, {
      ...(outcome.afterMs === undefined ? {} : { afterMs: outcome.afterMs }),
      ...(isTrigger && age >= LOUD_AFTER_MS ? { command: failure(level, outcome.message, false) } : {}),
    });
  }

  async function waitForThread(effect: EffectOf<'pagerduty.event'>): Promise<void> {
    const age = (await options.store.now()).getTime() - Date.parse(effect.createdAt);
    if (age < WAIT_FOR_THREAD_MS) throw new Later('waiting for the thread', { afterMs: LOOK_FOR_THREAD_MS });
  }

  function triggerOf(incident: Incident, level: number) {
    const name = incident.levels.find((one) => one.level === level)?.name ?? `level ${level}`;
    const alert = firingAlerts(incident)[0];
    const { reading } = incident;
    const full = reading === undefined ? 'is nearly exhausted' : `at ${Math.round(reading.percent)} %`;
    const what = incident.pool === undefined ? incident.title : `${incident.pool} connection pool ${full}`;
    const links = Object.entries(options.linksOf(incident.pool)).map(([text, href]) => ({ href, text }));
    const thread = incident.thread?.permalink;
    return {
      summary: `${what} (level ${level}, ${name})`,
      source: incident.pool ?? incident.title,
      severity: severityOf(incident.severity),
      component: incident.pool ?? 'unknown pool',
      class: incident.title,
      links: [...(thread === undefined ? [] : [{ href: thread, text: 'Slack thread' }]), ...links],
      ...(thread === undefined ? {} : { client: 'Lifeguard', clientUrl: thread }),
      timestamp: incident.startsAt,
      customDetails: {
        incident: incident.id,
        since: incident.startsAt,
        level: `${level} ${name}`,
        acknowledged: incident.acknowledged?.by.name ?? incident.acknowledged?.by.id ?? 'nobody yet',
        summary: alert?.annotations['summary'] ?? '',
        ...(reading === undefined ? {} : { connections: `${reading.used} of ${reading.usable}` }),
      },
    };
  }
}

function failure(level: number, detail: string, final: boolean) {
  return { type: 'RecordPageFailure' as const, level, detail, final };
}

function severityOf(severity: string): Severity {
  return severity === 'error' || severity === 'warning' || severity === 'info' ? severity : 'critical';
}
