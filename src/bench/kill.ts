import pg from 'pg';
import type { Row } from './figures.ts';
import { approveToGone } from './interactions.ts';
import { type Bench, startBench } from './setup.ts';

/** Sessions of the application, which together take every connection. */
const SESSIONS = 100;

/** Besides them fit what is reserved for superusers (3) and the one connection that Lifeguard holds. */
const MAX_CONNECTIONS = SESSIONS + 3 + 1;

const KILLS = 60;

/** SQLSTATE `too_many_connections`. */
const TOO_MANY = '53300';

interface Session {
  readonly client: pg.Client;
  readonly pid: number;
}

/**
 * Measures on a full server how long an approved kill takes. Before each one every connection is taken, by
 * 100 sessions in open transactions, and the server has refused one more.
 */
export async function benchKill(): Promise<Row[]> {
  const bench = await startBench(MAX_CONNECTIONS);
  const sessions: Session[] = [];
  const samples: number[] = [];
  try {
    for (let run = 0; run < KILLS; run += 1) {
      await fill(bench, sessions);
      const victim = sessions.shift();
      if (victim === undefined) throw new Error('there is no session to end');
      samples.push(await approveToGone(bench, victim.client, victim.pid));
    }
  } finally {
    await Promise.all(sessions.map(({ client }) => client.end().catch(() => undefined)));
    await bench.stop();
  }
  return [
    {
      name: `Approve pressed → backend gone, all connections taken by ${SESSIONS} sessions`,
      unit: 'ms',
      samples,
      goal: 'p95 ≤ 250',
    },
  ];
}

/** Opens sessions until the server refuses one, which must be the one after the last that is wanted. */
async function fill(bench: Bench, sessions: Session[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: bench.patient.appUrl, application_name: 'bench' });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: unknown }).code !== TOO_MANY) throw error;
      if (sessions.length !== SESSIONS) throw new Error(`the server was full at ${sessions.length} sessions`);
      return;
    }
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await client.query('begin');
    sessions.push({ client, pid: rows[0]?.pid ?? 0 });
  }
}
