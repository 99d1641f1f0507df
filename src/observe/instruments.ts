import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** From a Slack click that must be answered within 3 s down to a webhook that takes a millisecond. */
const ANSWER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10];

/** Effects talk to others over the network, and checks run statements. */
const EFFECT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** People's times: around the due times of the levels and up to a day. */
const PEOPLE_SECONDS = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** Everything that is counted and measured, by the names a dashboard uses. */
export type Instruments = ReturnType<typeof createInstruments>;

/** Registers the instruments, all named `lifeguard_…`. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `lifeguard_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `lifeguard_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ) => new Histogram({ name: `lifeguard_${name}`, help, labelNames, buckets, registers });

  return {
    alertsReceived: counter('alerts_received_total', 'Alerts committed to the store, repeats too.', [
      'status',
    ]),
    webhooks: counter('webhooks_total', 'Webhooks answered, by HTTP code; cut: the sender went away.', [
      'source',
      'code',
    ]),
    intake: histogram('intake_seconds', 'Webhook: from the request to its answer.', ANSWER_SECONDS, [
      'source',
    ]),

    incidentsOpen: gauge('incidents_open', 'Incidents that are open now.'),
    incidents: counter('incidents_total', 'Incidents opened, reopened and resolved.', ['outcome']),

    effects: counter('effects_total', 'Runs of effects; later: failed, tried again.', ['kind', 'outcome']),
    effectSeconds: histogram('effect_seconds', 'One run of an effect.', EFFECT_SECONDS, ['kind']),
    effectsDue: gauge('effects_due', 'Effects that are due and not done.'),
    effectsDead: gauge('effects_dead', 'Effects that were given up.'),
    effectsLag: gauge('effects_lag_seconds', 'How long the oldest due effect has been due.'),
    queueDepth: gauge('queue_depth', 'Jobs that wait in the queue.'),

    calls: counter('calls_total', 'Calls to Slack and PagerDuty, by what came of them.', [
      'system',
      'call',
      'outcome',
    ]),
    callSeconds: histogram('call_seconds', 'One call to Slack or PagerDuty.', EFFECT_SECONDS, ['system']),
    callWaits: counter(
      'call_wait_seconds_total',
      'How long Slack and PagerDuty have told us to wait (Retry-After).',
      ['system'],
    ),

    escalations: counter('escalations_total', 'Levels reached.', ['level', 'why']),
    pages: counter('pages_total', 'Pages: sent, retried (failed, tried again), failed (given up).', [
      'level',
      'outcome',
    ]),
    pageNotices: counter(
      'page_notices_total',
      'Webhooks of PagerDuty by what they told; repeat, late, echo, unknown: nothing was taken.',
      ['kind', 'outcome'],
    ),
    remedies: counter('remedies_total', 'Remedies carried out, by how they ended.', ['action', 'outcome']),
    interactions: counter('interactions_total', 'Clicks and commands of people.', ['action', 'outcome']),
    interactionAck: histogram(
      'interaction_ack_seconds',
      'From an interaction to its acknowledgement; Slack waits 3 s.',
      ANSWER_SECONDS,
    ),
    actsRefused: counter('acts_refused_total', 'Acts that the access rules refused.'),

    timeToAcknowledge: histogram(
      'time_to_acknowledge_seconds',
      "From the alert's startsAt to the acknowledgement.",
      PEOPLE_SECONDS,
    ),
    timeToMitigate: histogram(
      'time_to_mitigate_seconds',
      "From the alert's startsAt to the mitigation that held, or to the end of the incident where none was proved.",
      PEOPLE_SECONDS,
    ),
    timeToResolve: histogram(
      'time_to_resolve_seconds',
      "From the alert's startsAt to the end of the incident.",
      PEOPLE_SECONDS,
    ),

    poolUtilisation: gauge('pool_utilisation_percent', 'Connections in use, per cent of the usable ones.', [
      'pool',
    ]),
    poolConnections: gauge('pool_connections', "A pool's connections by the state of their session.", [
      'pool',
      'state',
    ]),
    lifelineUp: gauge('lifeline_up', '1 while the connection that is held for the emergency is open.', [
      'pool',
    ]),
    partUp: gauge('part_up', '1 while a part that Lifeguard needs is well, as the watchdog sees it.', [
      'part',
    ]),
    alarms: counter(
      'alarms_total',
      'Alarms about Lifeguard itself: raised, failed (raised, the page was not taken at once), over.',
      ['part', 'outcome'],
    ),
    watchdogSeen: gauge(
      'watchdog_seen_timestamp_seconds',
      "When Alertmanager's always-firing alert came last, in seconds since 1970.",
    ),
    heartbeats: counter('heartbeats_total', 'Signs of life; skipped: not ready.', ['outcome']),
    scrapeFaults: counter('scrape_faults_total', 'Figures that could not be read for a scrape.', ['figure']),
  };
}
