import pg from 'pg';
import type { Row } from './figures.ts';
import { inScene } from './scene.ts';
import { BENCH_TOKEN, notification } from './setup.ts';

/** Senders at a time, and connections of the raw INSERTs: what the store of one replica uses. */
const AT_A_TIME = 10;
/** Alerts join this many open incidents in turn, so that none holds more of them than a bad night brings. */
const OPEN_INCIDENTS = 500;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 10_000;
/** What Alertmanager puts into one notification in a bad night: its groups by cluster, say. */
const LARGE_GROUP = 20;
/**
 * How many alerts a second are taken in for good, by a replica that takes requests (`LIFEGUARD_ROLE=web`) and does
 * not work on them meanwhile; against single-row INSERTs of the same alerts into the same server.
 */
export function benchIntake(): Promise<Row[]> {
  return inScene({ env: { LIFEGUARD_ROLE: 'web' } }, async ({ origin, storeUrl }) => {
    const raw = await rawInserts(storeUrl);
    const single = await rate((run) => post(origin, [`one-${run}`], `one-${run}`));
    const known = await rate((run) => post(origin, [`more-${run}`], `group-${run % OPEN_INCIDENTS}`));
    const grouped = await rate((run) =>
      post(
        origin,
        Array.from({ length: LARGE_GROUP }, (_none, index) => `many-${run}-${index}`),
        `many-${run}`,
      ),
    );
    const share = (perSecond: number): number => (perSecond / raw) * 100;
    return [
      { name: 'single-row INSERTs of alerts, fsynced', unit: '/s', samples: [raw] },
      { name: 'alerts taken in, each opening an incident', unit: '/s', samples: [single] },
      { name: '  of the INSERTs', unit: '%', samples: [share(single)], goal: '≥ 50' },
      { name: 'alerts taken in, each new to an open incident', unit: '/s', samples: [known] },
      { name: '  of the INSERTs', unit: '%', samples: [share(known)], goal: '≥ 50' },
      {
        name: `alerts taken in, ${LARGE_GROUP} a notification`,
        unit: '/s',
        samples: [grouped * LARGE_GROUP],
      },
      { name: '  of the INSERTs', unit: '%', samples: [share(grouped * LARGE_GROUP)], goal: '≥ 50' },
    ];
  });
}

async function rawInserts(url: string): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: AT_A_TIME });
  await pool.query('create table bench_alerts (id bigint generated always as identity, body jsonb)');
  const perSecond = await rate(async (run) => {
    const body = notification({ bench: `raw-${run}` }, new Date(), 'firing');
    await pool.query('insert into bench_alerts (body) values ($1)', [JSON.stringify(body)]);
  });
  await pool.query('drop table bench_alerts');
  await pool.end();
  return perSecond;
}

/** How often something is done a second, by so many at a time. */
async function rate(once: (run: number) => Promise<void>): Promise<number> {
  let run = 0;
  let counted = 0;
  const from = performance.now() + WARM_UP_MS;
  const until = from + MEASURED_MS;
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (performance.now() < until) {
        run += 1;
        await once(run);
        const now = performance.now();
        if (now >= from && now < until) counted += 1;
      }
    }),
  );
  return counted / (MEASURED_MS / 1_000);
}

async function post(origin: string, names: readonly string[], group: string): Promise<void> {
  const startsAt = new Date();
  const [first, ...rest] = names.map((bench) => notification({ bench }, startsAt, 'firing'));
  if (first === undefined) return;
  const body = {
    ...first,
    groupKey: `{}:{${group}}`,
    alerts: [...first.alerts, ...rest.flatMap(({ alerts }) => alerts)],
  };
  const answer = await fetch(`${origin}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${BENCH_TOKEN}` },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`the webhook answered ${answer.status}`);
}
