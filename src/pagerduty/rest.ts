import { api } from '@pagerduty/pdjs';
import type { APIParameters } from '@pagerduty/pdjs/build/src/api.js';
import type { z } from 'zod';
import { agentTrusting, exchange } from './exchange.ts';
import { judge, type Refused, type Retry } from './outcome.ts';
import {
  INCIDENT_KEY,
  INCIDENT_LIST,
  NOTE_CREATED,
  NOTE_LIST,
  ONCALL_LIST,
  type OnCallEntry,
  SERVICE_LIST,
  type ServiceEntry,
  UPDATED,
  USER_LIST,
} from './rest-schema.ts';
import { checkServerName } from './server-name.ts';

/** How to reach the REST API. */
export interface RestOptions {
  /** Host and optional port, e.g. `api.eu.pagerduty.com`; always reached by TLS. */
  readonly server: string;
  readonly token: string;
  /** The e-mail address of a user of the account; PagerDuty wants one with every change. */
  readonly fromEmail: string;
  /** From the start of a request to the end of its answer; 5 seconds when left out. */
  readonly timeoutMs?: number;
  /** A PEM certificate to trust besides the usual ones, for a test server. */
  readonly ca?: string;
}

/** An incident, by PagerDuty's id or by the `dedup_key` of its page. */
export type IncidentRef = { readonly id: string } | { readonly incidentKey: string };

/** An incident as PagerDuty has it. */
export interface PagerDutyIncident {
  readonly id: string;
  readonly status: string;
  readonly title?: string;
  readonly url?: string;
  /** Names of those it is assigned to. */
  readonly assignees: readonly string[];
  readonly assigneeIds: readonly string[];
}

/** A user of the account. */
export interface PagerDutyUser {
  readonly id: string;
  readonly name: string;
}

/** Somebody who is on call now. */
export interface OnCall {
  readonly name: string;
  readonly userId: string;
  /** The level of the escalation policy, from 1. */
  readonly level: number;
  readonly policy: { readonly id: string; readonly name: string };
  /** ISO 8601; absent when the shift does not end. */
  readonly until?: string;
}

/** A service, by what pages it and who is paged. */
export interface PagedService {
  readonly name: string;
  /** The keys of its integrations. */
  readonly routingKeys: readonly string[];
  readonly policyId?: string;
}

/** What came of a REST request. */
export type RestOutcome<T> = { readonly kind: 'done'; readonly value: T } | Refused | Retry;

/** PagerDuty's REST API, version 2: as much of it as escalation needs. Nothing here throws. */
export interface Rest {
  /**
   * Moves the incident to a level of its escalation policy, which pages whoever is on call there.
   * Done twice, it pages twice. By key it is `retry` until PagerDuty has made the incident of the
   * page, which it does a moment after accepting it.
   */
  escalate(incident: IncidentRef, level: number): Promise<RestOutcome<PagerDutyIncident>>;
  /** Gives the incident to one user, whom that pages. Done twice, it pages twice. */
  assign(id: string, userId: string): Promise<RestOutcome<PagerDutyIncident>>;
  /** The user with that address; `undefined` when there is none. */
  userByEmail(email: string): Promise<RestOutcome<PagerDutyUser | undefined>>;
  /** The newest incident of a page, an open one before a resolved one; `undefined` when there is none. */
  findIncident(incidentKey: string): Promise<RestOutcome<PagerDutyIncident | undefined>>;
  /** Who is on call now, by policy and level; every policy of the account when none are named. */
  onCalls(filter?: {
    readonly escalationPolicyIds?: readonly string[];
  }): Promise<RestOutcome<readonly OnCall[]>>;
  /** Adds a note to the incident. Done twice, it is there twice. */
  addNote(id: string, text: string): Promise<RestOutcome<{ readonly id: string }>>;
  /** The texts of the incident's notes. */
  notes(id: string): Promise<RestOutcome<readonly string[]>>;
  /** The `dedup_key` of the incident's page; `undefined` when it has none. */
  incidentKey(id: string): Promise<RestOutcome<string | undefined>>;
  /** The account's services with the keys of their integrations: a key alone says not whom it pages. */
  services(): Promise<RestOutcome<readonly PagedService[]>>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** The largest page PagerDuty serves, and how many of them are read at most. */
const PAGE_SIZE = 100;
const MOST_PAGES = 10;

type Request = { readonly method: 'GET' | 'POST' | 'PUT'; readonly endpoint: string } & (
  | { readonly queryParameters?: Record<string, string | string[]> }
  | { readonly data: object }
);

/**
 * The REST API, by pdjs.
 * @throws Error when `server` is no server name
 */
export function createRest({
  server,
  token,
  fromEmail,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  ca,
}: RestOptions): Rest {
  checkServerName(server, 'PAGERDUTY_API_SERVER');
  const agent = agentTrusting(ca);

  async function ask<S extends z.ZodType>(request: Request, schema: S): Promise<RestOutcome<z.infer<S>>> {
    const headers: Record<string, string> = request.method === 'GET' ? {} : { From: fromEmail };
    const came = await exchange(
      async (options) => {
        const parameters: APIParameters = { server, token, version: 2, headers, ...request, ...options };
        return api(parameters);
      },
      agent,
      timeoutMs,
    );
    return judge(
      came,
      (answer): { kind: 'done'; value: z.infer<S> } | undefined => {
        const read = schema.safeParse(answer);
        return read.success ? { kind: 'done', value: read.data } : undefined;
      },
      mendFor,
      [token],
    );
  }

  async function findIncident(incidentKey: string): Promise<RestOutcome<PagerDutyIncident | undefined>> {
    const found = await ask(
      {
        method: 'GET',
        endpoint: '/incidents',
        queryParameters: {
          incident_key: incidentKey,
          // Otherwise only the last month is searched.
          date_range: 'all',
          sort_by: 'created_at:desc',
          limit: '25',
        },
      },
      INCIDENT_LIST,
    );
    if (found.kind !== 'done') return found;
    const { incidents } = found.value;
    return { kind: 'done', value: incidents.find(({ status }) => status !== 'resolved') ?? incidents[0] };
  }

  async function update(id: string, change: object): Promise<RestOutcome<PagerDutyIncident>> {
    const updated = await ask(
      {
        method: 'PUT',
        endpoint: `/incidents/${encodeURIComponent(id)}`,
        data: { incident: { type: 'incident_reference', ...change } },
      },
      UPDATED,
    );
    return updated.kind === 'done' ? { kind: 'done', value: updated.value.incident } : updated;
  }

  /** Every entry of a list, page by page. */
  async function all<S extends z.ZodType<{ more?: boolean | null | undefined }>, T>(
    endpoint: string,
    schema: S,
    entriesOf: (answer: z.infer<S>) => readonly T[],
    query: Record<string, string | string[]>,
  ): Promise<RestOutcome<readonly T[]>> {
    const entries: T[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const listed = await ask(
        {
          method: 'GET',
          endpoint,
          queryParameters: { limit: String(PAGE_SIZE), offset: String(page * PAGE_SIZE), ...query },
        },
        schema,
      );
      if (listed.kind !== 'done') return listed;
      entries.push(...entriesOf(listed.value));
      if (listed.value.more !== true) break;
    }
    return { kind: 'done', value: entries };
  }

  return {
    findIncident,

    async escalate(incident, level) {
      let id: string;
      if ('id' in incident) {
        id = incident.id;
      } else {
        const found = await findIncident(incident.incidentKey);
        if (found.kind !== 'done') return found;
        if (found.value === undefined) {
          return { kind: 'retry', message: 'PagerDuty has no incident of this page yet' };
        }
        id = found.value.id;
      }
      return update(id, { escalation_level: level });
    },

    assign: (id, userId) =>
      update(id, { assignments: [{ assignee: { id: userId, type: 'user_reference' } }] }),

    async userByEmail(email) {
      // The search is by name as well, and takes parts of either.
      const listed = await all('/users', USER_LIST, ({ users }) => users, { query: email });
      if (listed.kind !== 'done') return listed;
      const found = listed.value.find((user) => user.email?.toLowerCase() === email.toLowerCase());
      return {
        kind: 'done',
        value:
          found === undefined ? undefined : { id: found.id, name: found.name ?? found.summary ?? found.id },
      };
    },

    async onCalls(filter = {}) {
      const ids = filter.escalationPolicyIds ?? [];
      const listed = await all('/oncalls', ONCALL_LIST, ({ oncalls }) => oncalls, {
        ...(ids.length === 0 ? {} : { 'escalation_policy_ids[]': [...ids] }),
      });
      return listed.kind === 'done' ? { kind: 'done', value: roster(listed.value) } : listed;
    },

    async services() {
      const include = { 'include[]': ['integrations'] };
      const listed = await all('/services', SERVICE_LIST, ({ services }) => services, include);
      return listed.kind === 'done' ? { kind: 'done', value: listed.value.map(serviceOf) } : listed;
    },

    async incidentKey(id) {
      const found = await ask(
        { method: 'GET', endpoint: `/incidents/${encodeURIComponent(id)}` },
        INCIDENT_KEY,
      );
      return found.kind === 'done'
        ? { kind: 'done', value: found.value.incident.incident_key ?? undefined }
        : found;
    },

    async notes(id) {
      const endpoint = `/incidents/${encodeURIComponent(id)}/notes`;
      const listed = await ask({ method: 'GET', endpoint }, NOTE_LIST);
      return listed.kind === 'done'
        ? { kind: 'done', value: listed.value.notes.map(({ content }) => content ?? '') }
        : listed;
    },

    async addNote(id, text) {
      const added = await ask(
        {
          method: 'POST',
          endpoint: `/incidents/${encodeURIComponent(id)}/notes`,
          data: { note: { content: text } },
        },
        NOTE_CREATED,
      );
      return added.kind === 'done' ? { kind: 'done', value: added.value.note } : added;
    },
  };
}

function serviceOf(entry: ServiceEntry): PagedService {
  const policyId = entry.escalation_policy?.id;
  return {
    name: entry.name ?? entry.summary ?? 'a service without a name',
    routingKeys: (entry.integrations ?? []).flatMap((one) => one.integration_key ?? []),
    ...(policyId === undefined ? {} : { policyId }),
  };
}

/** One line a person, policy and level, the shift that ends last: people can be on call by two schedules at once. */
function roster(entries: readonly OnCallEntry[]): readonly OnCall[] {
  const lines = new Map<string, OnCall>();
  for (const { user, escalation_policy: policy, escalation_level: level, end } of entries) {
    const key = JSON.stringify([policy.id, level, user.id]);
    const known = lines.get(key);
    if (known !== undefined && (known.until === undefined || (end !== null && end <= known.until))) continue;
    lines.set(key, {
      name: user.summary ?? user.id,
      userId: user.id,
      level,
      policy: { id: policy.id, name: policy.summary ?? policy.id },
      ...(end === null ? {} : { until: end }),
    });
  }
  return [...lines.values()].sort(
    (a, b) => a.policy.name.localeCompare(b.policy.name) || a.level - b.level || a.name.localeCompare(b.name),
  );
}

function mendFor(status: number, said: string): string {
  if (status === 401) return ' (check PAGERDUTY_API_TOKEN)';
  // 1008 "Requester User Not Found" and 2016 'You must specify a user's email address in the "From" header'.
  return /requester|\bfrom\b/i.test(said) ? ' (check PAGERDUTY_FROM_EMAIL)' : '';
}
