/** Somebody who can be paged. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** ISO 8601 end of the shift; left out: it does not end. */
  readonly until?: string;
}

/** A PagerDuty service: the integration key that pages it, and its escalation policy, level by level. */
export interface Service {
  readonly id: string;
  readonly name: string;
  readonly routingKey: string;
  readonly policy: {
    readonly id: string;
    readonly name: string;
    readonly levels: readonly (readonly Person[])[];
  };
}

/** A whole PagerDuty account, as small as it can be. */
export interface Account {
  readonly services: readonly Service[];
  /** Tokens that the REST API takes. */
  readonly tokens: readonly string[];
}

/** Everybody in the account, once each. */
export function peopleOf(account: Account): readonly Person[] {
  const people = account.services.flatMap((service) => service.policy.levels.flat());
  return [...new Map(people.map((person) => [person.id, person])).values()];
}

/** PagerDuty's short form of a thing in another thing's JSON. */
export function reference(type: string, id: string, summary: string): Record<string, unknown> {
  return { id, type: `${type}_reference`, summary, self: null, html_url: null };
}
