import type { Account } from '../pager/account.ts';

/** The demo's escalation, with the runbook's times; `--fast` makes a second of each minute. */
const LEVELS = [
  { name: 'On-call engineer', minutes: 0, channel: '#backend-team', who: 'Alice' },
  {
    name: 'Database administrator',
    minutes: 5,
    unless: 'acknowledged',
    channel: '#database-team',
    who: 'Bob',
  },
  {
    name: 'Infrastructure lead',
    minutes: 15,
    unless: 'root_cause_identified',
    channel: '#infrastructure',
    who: 'Carol',
  },
  { name: 'CTO', minutes: 30, unless: 'resolved', who: 'Dana' },
] as const;

const SECONDS_OF_A_MINUTE = 60;

/** The integration key of a level's service; PagerDuty's have 32 characters. */
function routingKey(level: number): string {
  return `demo${String(level).padStart(28, '0')}`;
}

/** The demo's `lifeguard.yaml`. */
export function demoConfig(options: { readonly fast: boolean }): string {
  const unit = options.fast ? 1 : SECONDS_OF_A_MINUTE;
  const levels = LEVELS.map((level, index) => {
    const unless = 'unless' in level ? `, unless: ${level.unless}` : '';
    const channel = 'channel' in level ? `, channel: "${level.channel}"` : '';
    return `    - { name: ${level.name}, after: ${level.minutes * unit}s${unless}${channel}, page: { routing_key: ${routingKey(index + 1)} } }`;
  });
  return `
slack:
  channel: "#incidents"
access:
  approvers: [U0BOB]
pools:
  - name: orders
    match: { datname: catalytic_db }
    database_url: \${DEMO_PATIENT_URL}
    application: catalytic-api
    channel: "#backend-team"
escalation:
  levels:
${levels.join('\n')}
  at_once: { data_corruption: 4 }
`;
}

/** The PagerDuty account behind it: one service a level, one person in each. */
export const DEMO_ACCOUNT: Account = {
  tokens: [],
  services: LEVELS.map((level, index) => ({
    id: `PDEMO${index + 1}`,
    name: level.name,
    routingKey: routingKey(index + 1),
    policy: {
      id: `EDEMO${index + 1}`,
      name: level.name,
      levels: [
        [{ id: `QDEMO${index + 1}`, name: level.who, email: `${level.who.toLowerCase()}@example.com` }],
      ],
    },
  })),
};

/** Who is paged by an integration key, for the terminal. */
export function pagedPerson(key: string): string {
  const index = LEVELS.findIndex((_level, at) => routingKey(at + 1) === key);
  const level = LEVELS[index];
  return level === undefined ? 'someone' : `${level.who} (level ${index + 1}, ${level.name})`;
}
