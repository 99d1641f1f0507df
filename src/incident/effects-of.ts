import type { EffectSpec } from './effects.ts';
import type { Event } from './events.ts';
import { evolve } from './evolve.ts';
import type { Policy } from './policy.ts';
import { react } from './react.ts';
import type { Incident } from './state.ts';

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
  const drawn = new Set<string>();
  for (const event of events) {
    state = evolve(state, event);
    for (const [place, spec] of react(state, event, policy).entries()) {
      if (spec.kind === 'slack.message') {
        if (drawn.has(spec.payload.slot)) continue;
        drawn.add(spec.payload.slot);
      }
      effects.push({ ...spec, id: `${state.id}.${state.seq}.${place}` });
    }
  }
  if (state === undefined) throw new Error('no event, no incident');
  return { state, effects };
}
