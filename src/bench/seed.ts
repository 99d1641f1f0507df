import pg from 'pg';
import type { Command } from '../incident/commands.ts';
import { decide } from '../incident/decide/index.ts';
import type { EffectSpec } from '../incident/effects.ts';
import { effectsOf } from '../incident/effects-of.ts';
import type { Event } from '../incident/events.ts';
import type { Policy } from '../incident/policy.ts';
import { dedupKey } from '../incident/react.ts';
import type { Incident } from '../incident/state.ts';

/** Rows are written so many incidents at a time. */
const PORTION = 500;

const INCIDENTS = `
  insert into incidents (id, key, kind, status, seq, state, opened_at)
  select state ->> 'id', 'group:' || (state ->> 'id'), 'incident', 'open', (state ->> 'seq')::integer, state,
         (state ->> 'openedAt')::timestamptz
    from jsonb_array_elements($1::jsonb) as state`;

const EVENTS = `
  insert into events (incident, seq, type, at, data)
  select e ->> 'incident', (e ->> 'seq')::integer, e -> 'data' ->> 'type', (e -> 'data' ->> 'at')::timestamptz, e -> 'data'
    from jsonb_array_elements($1::jsonb) as e`;

const TIMERS = `
  insert into effects (id, incident, kind, payload, due, created_at)
  select e ->> 'id', e ->> 'incident', 'timer', e -> 'payload', (e ->> 'due')::timestamptz, clock_timestamp()
    from jsonb_array_elements($1::jsonb) as e`;

const MESSAGES = `
  insert into messages (incident, slot, channel, ts, digest)
  select state ->> 'id', 'parent', state -> 'thread' ->> 'channel', state -> 'thread' ->> 'ts', ''
    from jsonb_array_elements($1::jsonb) as state`;

/** What one incident of the seed is to be like. */
export interface SeedOptions {
  readonly url: string;
  readonly count: number;
  readonly policy: Policy;
  readonly thread: { readonly channel: string; readonly ts: string };
  /** The level that falls due next, and when, in milliseconds since 1970. */
  readonly next: (index: number) => { readonly level: number; readonly dueMs: number };
}

/**
 * Fills a store with open incidents as a bot leaves them that has looked after them so far: the levels
 * below the next are reached and paged, and the timers of those to come are owed.
 */
export async function seedIncidents(options: SeedOptions): Promise<void> {
  const client = new pg.Client({ connectionString: options.url });
  await client.connect();
  try {
    for (let from = 0; from < options.count; from += PORTION) {
      const all = Array.from({ length: Math.min(PORTION, options.count - from) }, (_none, place) =>
        seeded(options, from + place),
      );
      const states = JSON.stringify(all.map(({ state }) => state));
      await client.query('begin');
      await client.query(INCIDENTS, [states]);
      await client.query(EVENTS, [
        JSON.stringify(
          all.flatMap(({ state, events }) =>
            events.map((data, index) => ({ incident: state.id, seq: index + 1, data })),
          ),
        ),
      ]);
      await client.query(TIMERS, [JSON.stringify(all.flatMap(({ timers }) => timers))]);
      await client.query(MESSAGES, [states]);
      await client.query('commit');
    }
    await client.query('analyze');
  } finally {
    await client.end();
  }
}

function seeded({ policy, thread, next }: SeedOptions, index: number) {
  const id = `inc-${1_000_000 + index}`;
  const { level, dueMs } = next(index);
  const rule = policy.escalation.levels[level - 1];
  const beginMs = dueMs - (rule?.afterMs ?? 0);
  const events: Event[] = [];
  const timers: { id: string; incident: string; payload: unknown; due: string }[] = [];
  let state: Incident | undefined;
  const give = (atMs: number, command: Command): void => {
    const decision = decide(state, command, new Date(atMs), policy);
    if (decision.events.length === 0) return;
    const after = effectsOf(state, decision.events, policy);
    state = after.state;
    events.push(...decision.events);
    timers.push(...after.effects.flatMap((effect) => owedTimer(id, effect, dueMs)));
  };
  const startsAt = new Date(beginMs).toISOString();
  const labels = { alertname: 'DatabaseConnectionPoolExhaustion', severity: 'critical', bench: id };
  const alert = { fingerprint: id, status: 'firing', labels, annotations: {}, startsAt } as const;
  give(beginMs, { type: 'ReceiveAlerts', id, alerts: [alert], source: 'bench' });
  give(beginMs, { type: 'RecordThread', ...thread });
  give(beginMs, { type: 'RecordPage', level: 1, dedupKey: dedupKey(id, 1) });
  for (let below = 2; below < level; below += 1) {
    const atMs = beginMs + (policy.escalation.levels[below - 1]?.afterMs ?? 0);
    give(atMs, { type: 'CheckEscalation' });
    give(atMs, { type: 'RecordPage', level: below, dedupKey: dedupKey(id, below) });
  }
  if (state === undefined) throw new Error('a firing alert opens an incident');
  return { state: state as Incident, events, timers };
}

function owedTimer(incident: string, effect: EffectSpec & { readonly id: string }, fromMs: number) {
  if (effect.kind !== 'timer' || effect.due === undefined || Date.parse(effect.due) < fromMs) return [];
  return [{ id: effect.id, incident, payload: effect.payload, due: effect.due }];
}
