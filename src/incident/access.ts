import type { Actor } from './people.ts';
import type { Policy } from './policy.ts';

/** What an act asks for: to work on the incident, or to approve a change to the database. */
export type Right = 'responder' | 'approver';

/** The answer of the access rules, with the reason a person is told when it is no. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly why: string };

const ALLOWED: Verdict = { allowed: true };

/**
 * Whether `actor` holds `right` now.
 *
 * Fails closed: an empty list of approvers means nobody, and a membership that could not be read
 * counts as none. Responders left out of the configuration means every member.
 */
export function may(actor: Actor, right: Right, access: Policy['access']): Verdict {
  if (actor.via === 'system') return ALLOWED;
  // PagerDuty knows its own people, and its webhook is signed; it gives no say over the database.
  if (actor.via === 'pagerduty' && right === 'responder') return ALLOWED;
  const allowed = right === 'approver' ? access.approvers : access.responders;
  if (allowed === undefined) return ALLOWED;
  if (allowed.includes(actor.id)) return ALLOWED;
  const groups = allowed.filter((id) => id.startsWith('S'));
  if (actor.groups === 'unreadable') {
    return groups.length === 0
      ? { allowed: false, why: refusal(right, allowed) }
      : {
          allowed: false,
          why: `your user groups cannot be read from Slack just now, so this is refused; try again in a minute`,
        };
  }
  if (actor.groups.some((group) => groups.includes(group))) return ALLOWED;
  return { allowed: false, why: refusal(right, allowed) };
}

function refusal(right: Right, allowed: readonly string[]): string {
  const key = right === 'approver' ? 'access.approvers' : 'access.responders';
  return allowed.length === 0
    ? `nobody may do this: \`${key}\` is empty in lifeguard.yaml`
    : `only ${right}s may do this (\`${key}\` in lifeguard.yaml)`;
}
