import type { Alert } from '../../src/incident/alerts.ts';
import type { Command } from '../../src/incident/commands.ts';
import { decide, type Told } from '../../src/incident/decide/index.ts';
import type { EffectSpec } from '../../src/incident/effects.ts';
import { effectsOf } from '../../src/incident/effects-of.ts';
import type { Event, EventOf } from '../../src/incident/events.ts';
import type { Actor } from '../../src/incident/people.ts';
import type { Level, Policy } from '../../src/incident/policy.ts';
import type { Action, Preview, Target } from '../../src/incident/remedy.ts';
import type { Incident } from '../../src/incident/state.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** When every story begins, in milliseconds since the epoch. */
export const BEGIN = Date.parse('2026-03-02T03:00:00.000Z');

/** The time `ms` after the story's beginning, as events and alerts carry it. */
export function at(ms: number): string {
  return new Date(BEGIN + ms).toISOString();
}

/** A responder by the group of the people on call; no approver. */
export const RITA: Actor = { id: 'U0RITA', name: 'Rita', groups: ['S0ONCALL'], via: 'slack' };
/** An approver and responder by name. */
export const ALICE: Actor = { id: 'U0ALICE', name: 'Alice', groups: [], via: 'slack' };
/** An approver and responder by group. */
export const DIRK: Actor = { id: 'U0DIRK', name: 'Dirk', groups: ['S0DBA', 'S0ONCALL'], via: 'slack' };
/** A member of the workspace with no rights. */
export const GUEST: Actor = { id: 'U0GUEST', name: 'Guest', groups: ['S0OTHER'], via: 'slack' };

/** The levels of the contract's example. */
export const LEVELS: readonly Level[] = [
  { name: 'On-call engineer', afterMs: 0, channel: '#backend-team', pages: true },
  {
    name: 'Database administrator',
    afterMs: 5 * MINUTE,
    unless: 'acknowledged',
    channel: '#database-team',
    pages: true,
  },
  {
    name: 'Infrastructure lead',
    afterMs: 15 * MINUTE,
    unless: 'root_cause_identified',
    channel: '#infrastructure',
    pages: true,
  },
  { name: 'CTO', afterMs: 30 * MINUTE, unless: 'resolved', pages: true },
];

/** The rules of the contract's example, for the pool `orders`. */
export const POLICY: Policy = {
  access: {
    responders: ['S0ONCALL', 'U0ALICE'],
    approvers: ['S0DBA', 'U0ALICE'],
    twoPerson: ['restart'],
    approvalTtlMs: 10 * MINUTE,
  },
  escalation: {
    levels: LEVELS,
    atOnce: { data_corruption: 4, database_unresponsive: 2, multiple_services: 3, fix_failed: 'next' },
  },
  reopenWithinMs: 30 * MINUTE,
  channel: '#backend-team',
  pool: { name: 'orders', threshold: 90, steps: [2] },
};

/** The rules for alerts that match no pool. */
export const NO_POOL: Policy = {
  access: POLICY.access,
  escalation: POLICY.escalation,
  reopenWithinMs: POLICY.reopenWithinMs,
  channel: '#incidents',
};

/** A firing alert; `since` is milliseconds after the story's beginning. */
export function firing(fingerprint = 'f1', since = 0): Alert {
  return {
    fingerprint,
    status: 'firing',
    labels: { alertname: `Pool${fingerprint}`, severity: 'critical', datname: 'catalytic_db' },
    annotations: { summary: 'the pool is nearly exhausted' },
    startsAt: at(since),
  };
}

/** The same alert, cleared at `until`. */
export function cleared(fingerprint = 'f1', until = 10 * MINUTE, since = 0): Alert {
  return { ...firing(fingerprint, since), status: 'resolved', endsAt: at(until) };
}

/** What Alertmanager sends of a group. */
export function notification(...alerts: Alert[]): Command {
  return { type: 'ReceiveAlerts', id: 'inc-1', alerts, source: 'alertmanager' };
}

/** A backend of the pool. */
export function backend(pid: number): Target {
  return { kind: 'backend', pid, backendStart: '2026-03-02 02:11:09.123456+00' };
}

/** A remedy as people see it before they approve. */
export const PREVIEW: Preview = {
  title: 'Terminate backend 4711 (catalytic-api)',
  facts: [{ label: 'Running for', value: '48 min' }],
  query: 'select pg_sleep(…)',
  risks: [],
  takenAt: at(0),
};

/** Someone asks for a remedy against a backend. */
export function asking(by: Actor, pid = 4711, action: Action = 'terminate'): Command {
  return {
    type: 'RequestRemedy',
    by,
    action,
    target: backend(pid),
    preview: PREVIEW,
    reason: 'it is stuck',
    id: 'inc-1',
  };
}

/** What one command led to. */
export interface Outcome {
  readonly events: readonly Event[];
  readonly effects: readonly (EffectSpec & { readonly id: string })[];
  readonly told?: Told;
}

/**
 * One incident told command by command at given times, kept as the store keeps it: decided, its
 * events appended, its effects owed.
 */
export class Story {
  readonly events: Event[] = [];
  readonly effects: (EffectSpec & { readonly id: string })[] = [];
  state: Incident | undefined;
  policy: Policy;
  /** Milliseconds since the story's beginning. */
  clock = 0;

  constructor(policy: Policy = POLICY) {
    this.policy = policy;
  }

  /** Lets the time be `ms` after the beginning. */
  at(ms: number): this {
    this.clock = ms;
    return this;
  }

  /** Gives commands whose outcome is not what the test looks at. */
  given(...commands: Command[]): this {
    for (const command of commands) this.when(command);
    return this;
  }

  /** Gives a command, and says what it led to. */
  when(command: Command): Outcome {
    const decision = decide(this.state, command, new Date(BEGIN + this.clock), this.policy);
    if (decision.events.length === 0) return { ...decision, effects: [] };
    const { state, effects } = effectsOf(this.state, decision.events, this.policy);
    this.state = state;
    this.events.push(...decision.events);
    this.effects.push(...effects);
    return { ...decision, effects };
  }

  /** The incident, which must have begun. */
  get incident(): Incident {
    if (this.state === undefined) throw new Error('the story has no incident yet');
    return this.state;
  }
}

/** A story whose alert has just fired, at its beginning. */
export function fired(policy: Policy = POLICY): Story {
  return new Story(policy).given(notification(firing()));
}

/** The same, with its Slack thread open. */
export function inThread(policy: Policy = POLICY): Story {
  return fired(policy).given({ type: 'RecordThread', channel: 'C1', ts: '1.000001' });
}

/** The types of events, in order: what happened, in short. */
export function types(events: readonly Event[]): string[] {
  return events.map((event) => event.type);
}

/** The events of one type. */
export function only<T extends Event['type']>(events: readonly Event[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

/** The numbers of the levels that were reached, in order. */
export function levels(events: readonly Event[]): number[] {
  return only(events, 'LevelReached').map((event) => event.level);
}

/** Effects in short: what is done, and to what. */
export function owed(effects: readonly EffectSpec[]): string[] {
  return effects.map(inShort);
}

function inShort(effect: EffectSpec): string {
  switch (effect.kind) {
    case 'slack.message':
      return `draw ${effect.payload.slot}`;
    case 'check.step':
      return `step ${effect.payload.step} run ${effect.payload.run}`;
    case 'slack.file':
      return `share ${effect.payload.file}`;
    case 'remedy.execute':
      return `execute ${effect.payload.request}`;
    case 'remedy.verify':
      return `verify ${effect.payload.request} at ${effect.due}`;
    case 'remedy.undo':
      return `undo ${effect.payload.request}`;
    case 'pagerduty.event':
      return `${effect.payload.action} L${effect.payload.level}`;
    case 'pagerduty.note':
      return `note ${effect.payload.seq} on L${effect.payload.level}`;
    case 'pagerduty.assign':
      return `assign L${effect.payload.level} to ${effect.payload.to.id}`;
    case 'timer':
      return `${effect.payload.command} at ${effect.due}`;
  }
}
