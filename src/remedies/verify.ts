import type { Handler } from '../effects/handler.ts';
import type { VerifyRules } from '../incident/policy.ts';
import { standing } from '../incident/verification.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import type { Store } from '../store/store.ts';
import { type PoolFacts, remedyFor } from './registry.ts';

/** Between two looks at the pool: soon enough to tell, seldom enough to be no load. */
const LOOK_EVERY_MS = 2_000;

export interface VerifyHandlerOptions {
  readonly store: Pick<Store, 'incident' | 'now'>;
  readonly lifelineOf: (pool: string) => Lifeline | undefined;
  readonly configOf?: (pool: string) => PoolFacts | undefined;
  readonly rulesOf: (pool: string) => VerifyRules | undefined;
}

/**
 * The handler of `remedy.verify`: one look at the pool, and the next one put into the store until there is
 * something to say. It keeps nothing in memory, so whoever runs it next goes on with the watch.
 */
export function createVerifyHandler(options: VerifyHandlerOptions): Handler<'remedy.verify'> {
  const { store } = options;
  return async (effect) => {
    const incident = await store.incident(effect.incident);
    const request = incident?.requests[effect.payload.request];
    const rules = incident?.pool === undefined ? undefined : options.rulesOf(incident.pool);
    if (incident?.pool === undefined || incident.status === 'resolved' || rules === undefined) return {};
    if (request?.result === undefined) return {};
    const lifeline = options.lifelineOf(incident.pool);
    const reading =
      lifeline === undefined
        ? undefined
        : await remedyFor(request, options.configOf?.(incident.pool))?.verify(lifeline);
    if (standing(request.result.at, reading, await store.now(), rules) === 'watching') {
      return { againAfterMs: LOOK_EVERY_MS };
    }
    return {
      command: {
        type: 'RecordVerification',
        request: request.id,
        ...(reading === undefined ? {} : { reading }),
      },
    };
  };
}
