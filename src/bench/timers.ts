import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { policyFor } from '../config/lookup.ts';
import { parseConfig } from '../config/parse.ts';
import { startPagerStandIn } from '../console/pager/stand-in.ts';
import { startSlackStandIn } from '../console/server.ts';
import { removeEmbedded, startEmbedded } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';
import { cpuShare } from './cpu.ts';
import type { Row } from './figures.ts';
import { seedIncidents } from './seed.ts';
import { freePort, readyWithin, spawnServe } from './setup.ts';

const INCIDENTS = 10_000;

/** The next levels of all incidents fall due evenly over this time, so some 17 a second. */
const SPREAD_MS = 10 * 60_000;

/** From the start of the seeding to the first level that falls due: enough to boot and to be idle first. */
const FIRST_DUE_AFTER_MS = 75_000;

/** V8 tidies up for some seconds after a start: that is the start's cost, not that of being idle. */
const SETTLE_MS = 15_000;
const IDLE_MS = 20_000;
const FIRING_MS = 60_000;
const BOOT_WITHIN_MS = 20_000;

const KEY = 'be9c'.repeat(8);

const YAML = `
slack: { channel: "#incidents" }
access: { approvers: [U0BOB] }
pools: []
escalation:
  levels:
${['0m', '5m', '15m', '30m'].map((after, index) => `    - { name: Level ${index + 1}, after: ${after}, page: { routing_key: ${KEY} } }`).join('\n')}
`;

/** What the levels of ten thousand open incidents cost, and how late they are. */
export async function benchTimers(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  const store = await startEmbedded({ dataDir: join(folder, 'store') });
  const pagedAt = new Map<string, number>();
  const pager = await startPagerStandIn({
    account: { tokens: [], services: [service()] },
    onPage: ({ dedupKey, action }) => {
      if (action === 'trigger') pagedAt.set(dedupKey, Date.now());
    },
  });
  const slack = await startSlackStandIn({ channels: ['incidents'] });
  try {
    await migrate(store.url);
    const firstDueMs = Date.now() + FIRST_DUE_AFTER_MS;
    await seed(store.url, slack, firstDueMs);
    return await measure(folder, store.url, slack, pager, pagedAt, firstDueMs);
  } finally {
    await slack.stop();
    await pager.stop();
    await store.stop();
    await removeEmbedded(join(folder, 'store'));
    await rm(folder, { recursive: true, force: true });
  }
}

type Slack = Awaited<ReturnType<typeof startSlackStandIn>>;
type Pager = Awaited<ReturnType<typeof startPagerStandIn>>;

async function seed(url: string, slack: Slack, firstDueMs: number): Promise<void> {
  const { config } = parseConfig(YAML, {});
  const channel = slack.workspace.channel('incidents')?.id ?? '';
  // One thread for all of them: what is posted is not what is measured here.
  const posted = await fetch(`${slack.apiUrl}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, text: 'bench' }),
  });
  const { ts } = (await posted.json()) as { ts: string };
  await seedIncidents({
    url,
    count: INCIDENTS,
    policy: policyFor(config),
    thread: { channel, ts },
    next: (index) => ({
      level: 2 + (index % 3),
      dueMs: firstDueMs + Math.round((index / INCIDENTS) * SPREAD_MS),
    }),
  });
}

async function measure(
  folder: string,
  url: string,
  slack: Slack,
  pager: Pager,
  pagedAt: ReadonlyMap<string, number>,
  firstDueMs: number,
): Promise<Row[]> {
  const port = await freePort();
  await writeFile(join(folder, 'lifeguard.yaml'), YAML);
  await writeFile(join(folder, 'ca.pem'), pager.ca);
  slack.setEventsUrl(`http://127.0.0.1:${port}/slack/events`);
  const began = performance.now();
  const child = spawnServe(folder, slack, {
    PORT: String(port),
    DATABASE_URL: url,
    ALERTMANAGER_WEBHOOK_TOKEN: 'bench',
    PAGERDUTY_EVENTS_SERVER: pager.server,
    // No Slack takes what 17 levels a second have to say, and that is not what is measured here.
    SLACK_RATE_LIMITS: 'none',
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
  });
  try {
    await readyWithin(`http://127.0.0.1:${port}/readyz`, BOOT_WITHIN_MS);
    const bootMs = performance.now() - began;
    await pause(SETTLE_MS);
    const idle = await cpuShare(child.pid ?? 0, IDLE_MS);
    if (Date.now() > firstDueMs)
      throw new Error('the seeding took too long: levels fell due before they were measured');
    await pause(firstDueMs + FIRING_MS - Date.now());
    // What falls due at the very end may take its second.
    await pause(2_000);
    const { reached, paged } = await lateness(url, pagedAt, firstDueMs);
    const goal = 'p99 ≤ 1,000';
    return [
      {
        name: '`serve` → ready, 10,000 open incidents with timers',
        unit: 'ms',
        samples: [bootMs],
        goal: '≤ 3,000',
      },
      { name: '  idle CPU with them, of a core', unit: '%', samples: [idle], goal: '≤ 2' },
      { name: '  level due → reached, 17 a second', unit: 'ms', samples: reached, goal },
      { name: '  level due → page at PagerDuty', unit: 'ms', samples: paged, goal },
    ];
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
}

/** How late each level was that fell due in the time of the measurement. @throws Error when one was not reached */
async function lateness(url: string, pagedAt: ReadonlyMap<string, number>, firstDueMs: number) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; level: number; due: Date; reached: Date | null }>(
      `select t.incident as id, e.level, t.due, e.at as reached
         from effects as t
         left join lateral (
                select (data ->> 'level')::integer as level, at
                  from events
                 where incident = t.incident and type = 'LevelReached' and at >= t.due
                 order by seq
                 limit 1) as e on true
        where t.kind = 'timer' and t.due >= $1 and t.due < $2`,
      [new Date(firstDueMs), new Date(firstDueMs + FIRING_MS)],
    );
    const missed = rows.filter(({ reached }) => reached === null);
    if (missed.length > 0) throw new Error(`${missed.length} of ${rows.length} levels were not reached`);
    const paged = rows.flatMap(({ id, level, due }) => {
      const at = pagedAt.get(`lifeguard-${id}-L${level}`);
      return at === undefined ? [] : [at - due.getTime()];
    });
    if (paged.length < rows.length) throw new Error(`${rows.length - paged.length} levels were not paged`);
    return { reached: rows.map(({ due, reached }) => (reached?.getTime() ?? 0) - due.getTime()), paged };
  } finally {
    await client.end();
  }
}

function service() {
  const policy = { id: 'P1', name: 'Bench', levels: [[{ id: 'U1', name: 'B', email: 'b@example.com' }]] };
  return { id: 'S1', name: 'Bench', routingKey: KEY, policy };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
