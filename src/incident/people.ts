/** Who acts on an incident, and from where. */
export interface Actor {
  /** Slack user id (`U…`), or a name of the system's own such as `alertmanager`. */
  readonly id: string;
  readonly name?: string;
  /**
   * The user groups (`S…`) this person is a member of, read at the moment of the act.
   * `unreadable` when they could not be read: rights that hang on a group are then refused.
   */
  readonly groups: readonly string[] | 'unreadable';
  readonly via: 'slack' | 'pagerduty' | 'alertmanager' | 'system';
}

/** What is kept of a person in events: enough to name them, nothing else. */
export interface PersonRef {
  readonly id: string;
  readonly name?: string;
  readonly via: Actor['via'];
}

/** The part of an actor that goes into an event. */
export function refOf(actor: Actor): PersonRef {
  return actor.name === undefined
    ? { id: actor.id, via: actor.via }
    : { id: actor.id, name: actor.name, via: actor.via };
}

/** Lifeguard itself, as the author of what timers and checks bring about. */
export const SYSTEM: Actor = { id: 'lifeguard', groups: [], via: 'system' };
