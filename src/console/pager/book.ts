import { type Account, type Person, reference, type Service } from './account.ts';

/** One event as it was accepted. */
export interface Page {
  readonly routingKey: string;
  readonly dedupKey: string;
  readonly action: 'trigger' | 'acknowledge' | 'resolve';
  readonly summary?: string;
  readonly severity?: string;
  /** The whole event as it came. */
  readonly event: Readonly<Record<string, unknown>>;
  /** What it did: `added` to an open alert, or `dropped` because none was open under that key. */
  readonly effect: 'opened' | 'added' | 'acknowledged' | 'resolved' | 'dropped';
  /** ISO 8601. */
  readonly at: string;
}

/** An incident of the account. */
export interface StandInIncident {
  readonly id: string;
  readonly number: number;
  readonly service: Service;
  readonly incidentKey: string;
  readonly title: string;
  readonly createdAt: string;
  status: 'triggered' | 'acknowledged' | 'resolved';
  level: number;
  /** Given to these by hand, past the policy. */
  assignedTo?: readonly Person[];
  updatedAt: string;
  /** How many triggers it has taken. */
  triggers: number;
  readonly notes: {
    readonly id: string;
    readonly content: string;
    readonly by: string;
    readonly at: string;
  }[];
}

/** What the account has seen. Everything is in memory. */
export interface Book {
  readonly account: Account;
  readonly pages: Page[];
  readonly incidents: StandInIncident[];
  readonly now: () => Date;
  readonly onPage: (page: Page) => void;
}

/**
 * Takes a valid event into the book. An event without an open alert under its routing key and
 * dedup_key opens one (`trigger`) or is dropped (PagerDuty, "Alert de-duplication").
 */
export function take(book: Book, service: Service, event: Omit<Page, 'effect' | 'at'>): Page {
  const at = book.now().toISOString();
  const open = book.incidents.find(
    (incident) =>
      incident.service === service &&
      incident.incidentKey === event.dedupKey &&
      incident.status !== 'resolved',
  );
  const effect = apply(book, service, event, open, at);
  const page = { ...event, effect, at };
  book.pages.push(page);
  book.onPage(page);
  return page;
}

function apply(
  book: Book,
  service: Service,
  event: Omit<Page, 'effect' | 'at'>,
  open: StandInIncident | undefined,
  at: string,
): Page['effect'] {
  if (open === undefined) {
    if (event.action !== 'trigger') return 'dropped';
    const number = book.incidents.length + 1;
    book.incidents.push({
      id: `PINC${String(number).padStart(3, '0')}`,
      number,
      service,
      incidentKey: event.dedupKey,
      title: event.summary ?? '',
      createdAt: at,
      status: 'triggered',
      level: 1,
      updatedAt: at,
      triggers: 1,
      notes: [],
    });
    return 'opened';
  }
  open.updatedAt = at;
  if (event.action === 'trigger') {
    // An acknowledged incident stays so, and pages nobody, whatever else is triggered.
    open.triggers += 1;
    return 'added';
  }
  open.status = event.action === 'resolve' ? 'resolved' : 'acknowledged';
  return event.action === 'resolve' ? 'resolved' : 'acknowledged';
}

/** Who has the incident: those it was given to, or who are on call at its level; nobody once it is resolved. */
export function assigneesOf(incident: StandInIncident): readonly Person[] {
  if (incident.status === 'resolved') return [];
  return incident.assignedTo ?? incident.service.policy.levels[incident.level - 1] ?? [];
}

/** The incident as the REST API shows it. */
export function incidentJson(incident: StandInIncident): Record<string, unknown> {
  const { service } = incident;
  return {
    id: incident.id,
    type: 'incident',
    summary: `[#${incident.number}] ${incident.title}`,
    html_url: `https://acme.pagerduty.com/incidents/${incident.id}`,
    incident_number: incident.number,
    incident_key: incident.incidentKey,
    title: incident.title,
    created_at: incident.createdAt,
    updated_at: incident.updatedAt,
    status: incident.status,
    service: reference('service', service.id, service.name),
    escalation_policy: reference('escalation_policy', service.policy.id, service.policy.name),
    assigned_via: 'escalation_policy',
    assignments: assigneesOf(incident).map((person) => ({
      at: incident.updatedAt,
      assignee: reference('user', person.id, person.name),
    })),
    urgency: 'high',
  };
}
