import { type Handled, type Handler, Later } from '../effects/handler.ts';
import type { Loop } from '../effects/loop.ts';
import type { Actor } from '../incident/people.ts';
import type { RemedyRequest } from '../incident/remedy.ts';
import { isAway } from '../pool/faults.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Store } from '../store/store.ts';
import { type PoolFacts, remedyFor } from './registry.ts';
import type { RemedyResult } from './remedy.ts';

/** For so long an undoing is tried again while what it needs is away; then a person has to see to it. */
const TRIED_FOR_MS = 60 * 60_000;

export interface UndoHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  readonly loop: Pick<Loop, 'submit'>;
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
  readonly configOf: (pool: string) => PoolFacts | undefined;
  readonly groupsOf: (user: string) => Promise<Actor['groups']>;
}

/**
 * The handler of `remedy.undo`: sets back what a remedy changed, or says why it does not.
 *
 * As with the remedy itself the rights of the one who asked are looked up again, the start is committed,
 * and only then is anything done; a run that finds the start committed follows a crash.
 */
export function createUndoHandler(options: UndoHandlerOptions): Handler<'remedy.undo'> {
  const { store, loop } = options;

  return async (effect) => {
    const incident = await store.incident(effect.incident);
    const request = incident?.requests[effect.payload.request];
    const by = request?.undo?.by;
    if (incident?.pool === undefined || request === undefined || by === undefined) return {};
    const groups = by.via === 'slack' ? await options.groupsOf(by.id) : [];
    const { told } = await loop.submit({
      to: { incident: incident.id },
      command: { type: 'StartUndo', request: request.id, by: { ...by, groups } },
    });
    if (told?.code !== 'start') return {};
    const lifeline = options.lifelineOf(incident.pool);
    const undo = remedyFor(request, options.configOf(incident.pool))?.undo;
    if (lifeline === undefined || undo === undefined) {
      const detail = `nothing in lifeguard.yaml leads to it any more, so it has to be undone by hand`;
      return ended(request, { outcome: 'failed', detail });
    }
    try {
      return ended(request, await undo(lifeline, told.again));
    } catch (error) {
      if (!isAway(error)) throw error;
      const waitedMs = (await store.now()).getTime() - Date.parse(request.undo?.askedAt ?? '');
      if (waitedMs >= TRIED_FOR_MS) {
        const detail = `${error.message}; given up after an hour, and it still stands`;
        return ended(request, { outcome: 'failed', detail });
      }
      throw new Later(error.message, {
        command: { type: 'DelayUndo', request: request.id, detail: error.message },
        cause: error,
      });
    }
  };
}

function ended(request: RemedyRequest, result: Pick<RemedyResult, 'outcome' | 'detail'>): Handled {
  const { outcome, detail } = result;
  return { command: { type: 'EndUndo', request: request.id, outcome, detail } };
}
