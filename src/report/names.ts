import type { PersonRef } from '../incident/people.ts';

/** How a person is called in a report. */
export type NameOf = (person: PersonRef) => string;

/**
 * Names by the ids that Slack or another directory gave; who is not known there is called by the name that the
 * event kept, or else by the id. Lifeguard itself is called by its name.
 */
export function namesFrom(known: ReadonlyMap<string, string> = new Map()): NameOf {
  return (person) =>
    person.via === 'system' ? 'Lifeguard' : (known.get(person.id) ?? person.name ?? person.id);
}
