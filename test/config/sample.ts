import { ConfigError, parseConfig } from '../../src/config/index.ts';
import type { Fault } from '../../src/config/types.ts';

/** The configuration of the contract, to the letter. */
export const CONTRACT = `
slack:
  channel: "#incidents"                 # where a thread opens, unless its pool names its own
access:                                 # Slack users (U…) and user groups (S…)
  responders: [S0ONCALL]                # run checks, acknowledge, escalate; left out: every member
  approvers: [S0DBA, U0ALICE]           # approve a remediation; left out: nobody, and \`check\` says so
  two_person: [restart, pool_size]      # actions that need two approvers, neither of them the requester
  approval_ttl: 10m
pools:
  - name: orders
    match: { datname: catalytic_db }    # labels that tie an alert to this pool; all must be equal
    database_url: \${ORDERS_DATABASE_URL}
    application: catalytic-api          # application_name of the app that owns the pool, when it sets one
    channel: "#backend-team"
    threshold: 90                       # per cent
    detect: { above: 90, for: 5m, warn: 75 }     # optional: the bot's own samples open the incident too
    prometheus:                         # optional: without it utilisation is sampled from pg_stat_activity
      url: http://localhost:9090
      active: database_connections_active
      idle: database_connections_idle
      max: database_connections_max
      request_rate: rate(http_requests_total[5m])*60
      request_rate_baseline: api:request_rate:avg1h
    logs: { docker: catalytic-api }     # | { loki: {url, query} } | { kubernetes: {namespace, selector} } | { file: path }
    restart: { docker: catalytic-api }  # | { kubernetes: {namespace, deployment} } | { webhook: {url, secret} }
    pool_size: { pgbouncer: \${PGBOUNCER_ADMIN_URL}, raise_by: 50%, revert_after: 30m }  # | kubernetes env | webhook
    verify: { within: 60s, healthy_below: 80 }   # after a fix: when it counts as one
    links: { dashboard: http://localhost:3000/d/catalytic-security-overview, alerts: http://localhost:9090/alerts }
    runbook: runbooks/database-connection-pool-exhaustion.md
escalation:                             # per pool too
  hotline: \${EMERGENCY_HOTLINE}         # optional: shown from level 3 on
  levels:
    - { name: On-call engineer,       after: 0m,  channel: "#backend-team",   page: { routing_key: \${PD_L1} } }
    - { name: Database administrator, after: 5m,  unless: acknowledged,          channel: "#database-team",  page: { routing_key: \${PD_L2} } }
    - { name: Infrastructure lead,    after: 15m, unless: root_cause_identified, channel: "#infrastructure", page: { routing_key: \${PD_L3} } }
    - { name: CTO,                    after: 30m, unless: resolved, page: { routing_key: \${PD_L4} } }
  at_once:                              # a condition that skips the wait, and the level it goes to
    data_corruption: 4
    database_unresponsive: 2
    multiple_services: 3
    fix_failed: next
`;

/** The variables that the contract's configuration names. */
export const CONTRACT_ENV = {
  ORDERS_DATABASE_URL: 'postgres://lifeguard:hush-orders@db.example.com:5432/catalytic_db',
  PGBOUNCER_ADMIN_URL: 'postgres://lifeguard:hush-bouncer@db.example.com:6432/pgbouncer',
  EMERGENCY_HOTLINE: '+1 555 0100',
  PD_L1: '1'.repeat(32),
  PD_L2: '2'.repeat(32),
  PD_L3: '3'.repeat(32),
  PD_L4: '4'.repeat(32),
};

/** One pool, as short as it can be, to which lines can be added. */
export const POOL = `pools:
  - name: orders
    match: { datname: catalytic_db }
    database_url: postgres://db.example.com/catalytic_db
`;

/** An escalation of two levels. */
export const LEVELS = `escalation:
  levels:
    - { name: First, after: 0m, page: { routing_key: first-key-of-thirty-two-letters- } }
    - { name: Second, after: 5m, page: { routing_key: second-key-of-thirty-two-letters } }
`;

/** The faults of a configuration; none when it is sound. Any error but a ConfigError is thrown on. */
export function faultsOf(text: string, env: Record<string, string> = {}): readonly Fault[] {
  try {
    parseConfig(text, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
