import { type Handled, type Handler, Later } from '../effects/handler.ts';
import type { Loop } from '../effects/loop.ts';
import type { Actor, PersonRef } from '../incident/people.ts';
import { isUndoable, type RemedyRequest } from '../incident/remedy.ts';
import { isAway } from '../pool/faults.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Store } from '../store/store.ts';
import { type PoolFacts, remedyFor } from './registry.ts';
import type { BoundRemedy, RemedyResult } from './remedy.ts';

/** Between the kill and the look at what it freed: those who waited need a moment to finish. */
const SETTLE_MS = 500;

const UNKNOWN = { unknown: true } as const;

/** How soon a remedy is tried again while the pool's connection is being reopened. */
const RECONNECT_WAIT_MS = 1_000;

export interface RemedyHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  readonly loop: Pick<Loop, 'submit'>;
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
  readonly configOf?: (pool: string) => PoolFacts | undefined;
  readonly groupsOf: (user: string) => Promise<Actor['groups']>;
  readonly settle?: () => Promise<void>;
}

/**
 * The handler of `remedy.execute`: one approval, one execution.
 *
 * The approvers' rights are looked up again, the start is committed, and only then is anything done.
 * A run that finds the start committed already follows a crash, or a try that lost the pool or the store in the midst
 * of it: what it does is safe to do twice, and says so when the first run had done it. Where the approval no longer
 * holds by then, that run only looks.
 */
export function createRemedyHandler(options: RemedyHandlerOptions): Handler<'remedy.execute'> {
  const { store, loop } = options;
  /**
   * By effect: its last try, where this process knows that nothing had been done by the end of it. The next try
   * follows it if nobody else has claimed the effect in between, which the number of that try tells.
   */
  const untouched = new Map<string, number>();
  const settle = options.settle ?? (() => new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS)));

  return async (effect) => {
    const incident = await store.incident(effect.incident);
    const asked = incident?.requests[effect.payload.request];
    if (incident === undefined || asked === undefined) return {};
    const lifeline = incident.pool === undefined ? undefined : options.lifelineOf(incident.pool);
    const isUntouched = untouched.get(effect.id) === effect.attempt - 1;
    untouched.delete(effect.id);
    if (isUntouched || asked.status === 'approved') untouched.set(effect.id, effect.attempt);
    const approvers = await Promise.all(asked.approvals.map(({ by }) => actorOf(by)));
    const { told } = await loop.submit({
      to: { incident: incident.id },
      command: { type: 'StartRemedy', request: asked.id, approvers },
    });
    if (told?.code !== 'start') return {};
    if (lifeline === undefined) {
      return ended(asked, nowhere('the pool is no longer in lifeguard.yaml', told.again));
    }
    const remedy = remedyFor(told.request, options.configOf?.(incident.pool ?? ''));
    if (remedy === undefined) {
      return ended(asked, nowhere('this version of Lifeguard cannot carry that out', told.again));
    }
    if (told.lapsed !== undefined) return lookOnly(lifeline, remedy, told.request, told.lapsed);
    const again = told.again && !isUntouched;
    return execute(lifeline, remedy, told.request, again, () => untouched.delete(effect.id));
  };

  async function execute(
    lifeline: Lifeline,
    remedy: BoundRemedy,
    request: RemedyRequest,
    again: boolean,
    onTouch: () => void,
  ): Promise<Handled> {
    const before = again ? undefined : await remedy.verify(lifeline);
    // What a run before this one did, or this one from here on, may be in force when nobody can look.
    let mayBeDone = again;
    try {
      // After a crash the target being gone is what the first run was for: only the executor can tell.
      const stopped = again ? undefined : await remedy.recheck(lifeline, await store.now());
      mayBeDone ||= stopped === undefined;
      if (mayBeDone) onTouch();
      const result = stopped ?? surely(remedy, await remedy.execute(lifeline, again), again);
      if (result.outcome === 'done') await settle();
      const after = await remedy.verify(lifeline);
      return ended(request, {
        ...result,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      });
    } catch (error) {
      if (!isAway(error)) throw error;
      const now = await store.now();
      if (now.getTime() < Date.parse(request.expiresAt)) {
        throw new Later(`it cannot be reached: ${error.message}`, {
          afterMs: RECONNECT_WAIT_MS,
          cause: error,
        });
      }
      // An approval is for now: carried out hours later it would hit a situation nobody has looked at.
      return ended(request, {
        outcome: 'failed',
        detail: mayBeDone
          ? `whether it was done could not be looked up while the approval was good (${error.message}); look yourself, and ask again if it is still needed`
          : `it could not be done while the approval was good (${error.message}); ask again if it is still needed`,
        ...(mayBeDone ? UNKNOWN : {}),
      });
    }
  }

  /** After a crash, with an approval that no longer holds: what the first run did is looked up, and no more. */
  async function lookOnly(
    lifeline: Lifeline,
    remedy: BoundRemedy,
    request: RemedyRequest,
    why: string,
  ): Promise<Handled> {
    const result = await whatBecameOf(lifeline, remedy, request, why);
    const after = await remedy.verify(lifeline);
    return ended(request, { ...result, ...(after === undefined ? {} : { after }) });
  }

  async function whatBecameOf(
    lifeline: Lifeline,
    remedy: BoundRemedy,
    { target }: RemedyRequest,
    why: string,
  ): Promise<Omit<RemedyResult, 'ms'>> {
    const lapsed = `Lifeguard was restarted or cut off while at it, and the approval no longer holds: ${why}`;
    const back = isUndoable(target) ? '; it is taken back as if it had been done' : '';
    if (remedy.isUnseen) {
      const detail = `${lapsed}. It is unknown whether the receiver did it; it was not told again${back}. Look how things stand before you ask again.`;
      return { outcome: 'failed', detail, ...UNKNOWN };
    }
    try {
      const stopped = await remedy.recheck(lifeline, await store.now());
      if (stopped?.outcome === 'nothing_to_do') {
        return {
          outcome: 'done',
          detail:
            'what was approved is not there any more; Lifeguard was restarted or cut off while at it, and did nothing a second time',
        };
      }
      if (stopped === undefined) {
        return {
          outcome: 'refused',
          detail: `${lapsed}. It was not tried again; look how things stand before you ask again.`,
        };
      }
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    return {
      outcome: 'failed',
      detail: `${lapsed}. Whether it was done could not be looked up, and it was not tried again${back}. Look how things stand before you ask again.`,
      ...UNKNOWN,
    };
  }

  async function actorOf(person: PersonRef): Promise<Actor> {
    const groups = person.via === 'slack' ? await options.groupsOf(person.id) : [];
    return { ...person, groups };
  }
}

/** Nothing leads to it (any more), so that nothing can be done, nor looked at after a crash. */
function nowhere(why: string, again: boolean): Omit<RemedyResult, 'ms'> {
  if (!again) return { outcome: 'failed', detail: `${why}; nothing was done` };
  const detail = `${why}; Lifeguard was restarted or cut off while at it, and whether it was done is unknown`;
  return { outcome: 'failed', detail, ...UNKNOWN };
}

/** Of what no look tells, a second run that did not get through says nothing about the first. */
function surely(remedy: BoundRemedy, result: RemedyResult, again: boolean): RemedyResult {
  if (!again || !remedy.isUnseen || result.outcome === 'done') return result;
  return {
    ...result,
    detail: `${result.detail}; Lifeguard was restarted or cut off while at it, and whether the first order arrived is unknown`,
    ...UNKNOWN,
  };
}

function ended(request: RemedyRequest, result: Omit<NonNullable<RemedyRequest['result']>, 'at'>): Handled {
  return { command: { type: 'EndRemedy', request: request.id, ...result } };
}
