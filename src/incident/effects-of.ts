import type { EffectSpec, Urgency } from './effects.ts';
import type { Event } from './events.ts';
import { evolve } from './evolve.ts';
import type { Policy } from './policy.ts';
import { react } from './react.ts';
import type { Incident } from './state.ts';
import { USUAL } from './urgency.ts';

/** The incident after the events, and all that follows from them, each with a stable id. */
export interface Consequence {
  readonly state: Incident;
  readonly effects: readonly (EffectSpec & { readonly id: string })[];
}

/** What an effect follows from, as its id tells it. */
export interface Origin {
  readonly incident: string;
  /** The sequence number of the event. */
  readonly seq: number;
}

/** Reads an effect's id; `undefined` when it is not one that {@link effectsOf} makes. */
export function originOf(effect: string): Origin | undefined {
  const [, incident, seq] = /^(.+)\.(\d+)\.\d+$/.exec(effect) ?? [];
  return incident === undefined ? undefined : { incident, seq: Number(seq) };
}

/**
 * Applies events and collects their effects.
 *
 * An effect's id is made of the incident, the event it follows from and its place, so it is the same
 * however often it is computed. A message that several events of one commit would draw is drawn once:
 * a drawing shows the incident as it stands, not the event that asked for it.
 */
export function effectsOf(
  before: Incident | undefined,
  events: readonly Event[],
  policy: Policy,
): Consequence {
  let state = before;
  const effects: (EffectSpec & { id: string })[] = [];
  const drawn = new Map<string, number>();
  for (const event of events) {
    state = evolve(state, event);
    for (const [place, spec] of react(state, event, policy).entries()) {
      if (spec.kind === 'slack.message') {
        const before = drawn.get(spec.payload.slot);
        if (before !== undefined) {
          effects[before] = moreUrgent(effects[before], spec);
          continue;
        }
        drawn.set(spec.payload.slot, effects.length);
      }
      effects.push({ ...spec, id: `${state.id}.${state.seq}.${place}` });
    }
  }
  if (state === undefined) throw new Error('no event, no incident');
  return { state, effects };
}

/** The drawing that stays is as urgent as the one that it spares. */
function moreUrgent<T extends EffectSpec>(kept: T | undefined, spared: EffectSpec): T {
  if (kept === undefined) throw new Error('a drawing that was counted is not there');
  const urgency = Math.min(kept.urgency ?? USUAL, spared.urgency ?? USUAL) as Urgency;
  return { ...kept, urgency };
}
