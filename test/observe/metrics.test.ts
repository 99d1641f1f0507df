import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/incident/alerts.ts';
import type { Command } from '../../src/incident/commands.ts';
import { decide } from '../../src/incident/decide/index.ts';
import { effectsOf } from '../../src/incident/effects-of.ts';
import type { Actor } from '../../src/incident/people.ts';
import type { Policy } from '../../src/incident/policy.ts';
import type { Preview, Target } from '../../src/incident/remedy.ts';
import type { Incident } from '../../src/incident/state.ts';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;

const policy: Policy = {
  access: { approvers: ['UALICE'], twoPerson: [], approvalTtlMs: 10 * MINUTE },
  escalation: {
    levels: [
      { name: 'On-call engineer', afterMs: 0, pages: true },
      { name: 'Database administrator', afterMs: 5 * MINUTE, unless: 'acknowledged', pages: true },
    ],
    atOnce: { data_corruption: 2 },
  },
  reopenWithinMs: 30 * MINUTE,
  channel: '#incidents',
  pool: { name: 'orders', threshold: 90, steps: [2], verify: { withinMs: MINUTE, healthyBelow: 80 } },
};

const alice: Actor = { id: 'UALICE', groups: [], via: 'slack' };
const bob: Actor = { id: 'UBOB', groups: [], via: 'slack' };

const alert: Alert = {
  fingerprint: 'cf94611472dca36c',
  status: 'firing',
  labels: { alertname: 'PoolExhausted' },
  annotations: {},
  startsAt: new Date(START).toISOString(),
};

const target: Target = { kind: 'backend', pid: 4711, backendStart: '2026-01-01 00:00:00+00' };
const preview: Preview = { title: 'Terminate backend 4711', facts: [], risks: [], takenAt: alert.startsAt };

/** Plays commands against the core, and the metrics hear of each as the loop would tell them. */
function story(metrics: Metrics) {
  let state: Incident | undefined;
  return (afterMs: number, command: Command): Incident | undefined => {
    const now = new Date(START + afterMs);
    const { events } = decide(state, command, now, policy);
    if (events.length > 0) state = effectsOf(state, events, policy).state;
    metrics.observeCommit(
      { ...(state === undefined ? {} : { incident: state }), events, effects: [] },
      command,
    );
    return state;
  };
}

function received(id: string, ...alerts: Alert[]): Command {
  return { type: 'ReceiveAlerts', id, alerts, source: 'alertmanager' };
}

const reading = (used: number) => ({
  used,
  usable: 97,
  percent: Math.round((used / 97) * 100),
  at: alert.startsAt,
});

/** The value of a sample, e.g. `pages_total{level="1",outcome="sent"}`. */
function valueIn(page: string, sample: string): number | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`lifeguard_${sample} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

describe('the metrics after a whole incident', () => {
  test('are read off its events', async () => {
    const metrics = createMetrics();
    const play = story(metrics);
    play(2_000, received('inc-1', alert, { ...alert, fingerprint: 'aa', status: 'resolved' }));
    play(3_000, received('inc-2', alert));
    play(4_000, { type: 'RecordPage', level: 1, dedupKey: 'k' });
    play(4_500, {
      type: 'RecordStep',
      step: 2,
      run: 1,
      ok: true,
      ms: 12,
      findings: { headline: '', lines: [] },
      reading: reading(97),
    });
    play(20_000, { type: 'Acknowledge', by: alice });
    play(30_000, { type: 'RequestRemedy', by: bob, action: 'terminate', target, preview, id: 'inc-9' });
    play(31_000, { type: 'Approve', by: bob, request: 'r1' });
    const approved = play(40_000, { type: 'Approve', by: alice, request: 'r1' });
    expect(approved?.requests.r1?.status).toBe('approved');
    play(41_000, { type: 'StartRemedy', request: 'r1', approvers: [alice] });
    play(45_000, {
      type: 'EndRemedy',
      request: 'r1',
      outcome: 'done',
      detail: '',
      before: reading(97),
      after: reading(40),
    });
    play(50_000, { type: 'SuspectDataCorruption', by: alice });
    play(51_000, { type: 'RecordPageFailure', level: 2, detail: '', final: false });
    play(52_000, { type: 'RecordPageFailure', level: 2, detail: '', final: true });
    play(
      90_000,
      received('inc-3', { ...alert, status: 'resolved', endsAt: new Date(START + 80_000).toISOString() }),
    );
    const page = await metrics.render();

    for (const [sample, value] of Object.entries({
      'alerts_received_total{status="firing"}': 2,
      'alerts_received_total{status="resolved"}': 2,
      'incidents_total{outcome="opened"}': 1,
      'incidents_total{outcome="resolved_by_alerts"}': 1,
      'escalations_total{level="1",why="due"}': 1,
      'escalations_total{level="2",why="at_once"}': 1,
      'pages_total{level="1",outcome="sent"}': 1,
      'pages_total{level="2",outcome="retried"}': 1,
      'pages_total{level="2",outcome="failed"}': 1,
      acts_refused_total: 1,
      'remedies_total{action="terminate",outcome="done"}': 1,
      time_to_acknowledge_seconds_sum: 20,
      time_to_mitigate_seconds_sum: 90,
      time_to_mitigate_seconds_count: 1,
      time_to_resolve_seconds_sum: 90,
      time_to_resolve_seconds_count: 1,
      'pool_utilisation_percent{pool="orders"}': 41,
    })) {
      expect(valueIn(page, sample), sample).toBe(value);
    }
  });

  test('count the mitigation that held, once a firing, and again after it reopened', async () => {
    const metrics = createMetrics();
    const play = story(metrics);
    const remedy = (afterMs: number, id: string, pid: number) => {
      const request = { action: 'terminate', target: { ...target, pid }, preview, id: '' } as const;
      play(afterMs, { type: 'RequestRemedy', by: alice, ...request });
      play(afterMs, { type: 'Approve', by: alice, request: id });
      play(afterMs, { type: 'StartRemedy', request: id, approvers: [alice] });
      play(afterMs, { type: 'EndRemedy', request: id, outcome: 'done', detail: '' });
    };
    const verified = (afterMs: number, request: string, used: number) =>
      play(afterMs, { type: 'RecordVerification', request, reading: reading(used) });
    const mitigation = async () => {
      const page = await metrics.render();
      return {
        sum: valueIn(page, 'time_to_mitigate_seconds_sum'),
        count: valueIn(page, 'time_to_mitigate_seconds_count'),
      };
    };
    play(0, received('inc-1', alert));
    remedy(10_000, 'r1', 1);
    verified(11_000, 'r1', 40);
    // It does not hold: the next one counts.
    remedy(20_000, 'r2', 2);
    verified(90_000, 'r2', 90);
    remedy(100_000, 'r3', 3);
    verified(101_000, 'r3', 30);
    expect(await mitigation()).toEqual({ sum: 0, count: 0 });
    play(140_000, received('', { ...alert, status: 'resolved' }));
    expect(await mitigation()).toEqual({ sum: 101, count: 1 });

    // In this firing nothing is proved to help; it ends all the same.
    const again = { ...alert, startsAt: new Date(START + 150_000).toISOString() };
    play(160_000, received('', again));
    remedy(170_000, 'r4', 4);
    play(190_000, received('', { ...again, status: 'resolved' }));
    expect(await mitigation()).toEqual({ sum: 101 + 40, count: 2 });
  });

  test('do not take a remedy of its own, without an incident, for one', async () => {
    const metrics = createMetrics();
    const play = story(metrics);
    play(0, { type: 'RequestRemedy', by: alice, action: 'terminate', target, preview, id: 'inc-1' });
    play(1_000, { type: 'Deny', by: alice, request: 'r1' });
    const page = await metrics.render();
    expect(page).not.toMatch(/lifeguard_incidents_total\{/);
    expect(valueIn(page, 'time_to_resolve_seconds_count')).toBe(0);
  });
});

describe('a scrape', () => {
  test('shows what was counted besides the events, in seconds', async () => {
    const metrics = createMetrics();
    metrics.webhook('alertmanager', 200, 4);
    metrics.webhook('alertmanager', 'cut', 4);
    metrics.effect('slack.message', 'done', 30);
    metrics.effect('slack.message', 'superseded', 0);
    metrics.interaction('Approve', 'approved');
    metrics.interactionAcknowledged(12);
    metrics.call('slack', 'chat.postMessage', { outcome: 'ok' }, 20);
    metrics.call('slack', 'chat.postMessage', { outcome: 'rate_limited', waitMs: 3_000 }, 5);
    metrics.call('pagerduty', 'enqueue trigger', { outcome: 'unavailable', code: '503' }, 5);
    metrics.lifeline('orders', true);
    metrics.poolUtilisation('orders', 91);
    metrics.poolConnections('orders', { active: 3, idle: 90 });
    metrics.poolConnections('orders', { active: 4 });
    const page = await metrics.render();
    for (const [sample, value] of Object.entries({
      'webhooks_total{source="alertmanager",code="200"}': 1,
      'webhooks_total{source="alertmanager",code="cut"}': 1,
      'intake_seconds_sum{source="alertmanager"}': 0.008,
      'effects_total{kind="slack.message",outcome="done"}': 1,
      'effects_total{kind="slack.message",outcome="superseded"}': 1,
      'effect_seconds_count{kind="slack.message"}': 1,
      'interactions_total{action="Approve",outcome="approved"}': 1,
      interaction_ack_seconds_sum: 0.012,
      'calls_total{system="slack",call="chat.postMessage",outcome="ok"}': 1,
      'calls_total{system="slack",call="chat.postMessage",outcome="rate_limited"}': 1,
      'calls_total{system="pagerduty",call="enqueue trigger",outcome="unavailable"}': 1,
      'call_seconds_sum{system="slack"}': 0.025,
      'call_wait_seconds_total{system="slack"}': 3,
      'lifeline_up{pool="orders"}': 1,
      'pool_utilisation_percent{pool="orders"}': 91,
      'pool_connections{pool="orders",state="active"}': 4,
    })) {
      expect(valueIn(page, sample), sample).toBe(value);
    }
    expect(page).not.toContain('state="idle"');
    expect(page).toContain('process_resident_memory_bytes');
    expect(metrics.contentType).toContain('text/plain');
  });

  test('asks for the figures that live in the store and the queue', async () => {
    const metrics = createMetrics({
      collect: {
        outbox: async () => ({ due: 3, dead: 1, lagMs: 2_500 }),
        queueDepth: async () => 7,
        openIncidents: async () => 2,
      },
    });
    const page = await metrics.render();
    expect(valueIn(page, 'effects_due')).toBe(3);
    expect(valueIn(page, 'effects_dead')).toBe(1);
    expect(valueIn(page, 'effects_lag_seconds')).toBe(2.5);
    expect(valueIn(page, 'queue_depth')).toBe(7);
    expect(valueIn(page, 'incidents_open')).toBe(2);
  });

  test('leaves out a figure that fails or hangs, rather than showing an old one, and counts it', async () => {
    let works = true;
    const metrics = createMetrics({
      collect: {
        outbox: async () => {
          if (works) return { due: 3, dead: 0, lagMs: 0 };
          throw new Error('down');
        },
        queueDepth: () => (works ? Promise.resolve(7) : new Promise<number>(() => undefined)),
        openIncidents: async () => (works ? 1 : 2),
      },
      collectWithinMs: 20,
    });
    await metrics.render();
    works = false;
    const page = await metrics.render();
    expect(valueIn(page, 'effects_due')).toBeUndefined();
    expect(valueIn(page, 'queue_depth')).toBeUndefined();
    expect(valueIn(page, 'incidents_open')).toBe(2);
    expect(valueIn(page, 'scrape_faults_total{figure="outbox"}')).toBe(1);
    expect(valueIn(page, 'scrape_faults_total{figure="queue_depth"}')).toBe(1);
  });

  test('shows what alerts ask about before it has happened: a counter that appears with 1 has not moved', async () => {
    const page = await createMetrics({ levels: 2 }).render();
    for (const sample of [
      'webhooks_total{source="alertmanager",code="401"}',
      'webhooks_total{source="pagerduty",code="503"}',
      'pages_total{level="2",outcome="failed"}',
    ]) {
      expect(valueIn(page, sample), sample).toBe(0);
    }
  });

  test('is shared by all that come at the same time', async () => {
    let asked = 0;
    const metrics = createMetrics({
      collect: {
        queueDepth: async () => {
          asked += 1;
          return 0;
        },
      },
    });
    await Promise.all(Array.from({ length: 50 }, () => metrics.render()));
    expect(asked).toBe(1);
  });

  test('two sets of metrics in one process do not disturb each other', async () => {
    const one = createMetrics();
    const other = createMetrics();
    one.webhook('pagerduty', 200, 1);
    expect(valueIn(await other.render(), 'webhooks_total{source="pagerduty",code="200"}')).toBe(0);
  });
});
