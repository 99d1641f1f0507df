import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { diagnoseNow, openDiagnoses } from '../app/diagnosis.ts';
import { Contexts } from '../checks/context.ts';
import { parseConfig } from '../config/parse.ts';
import { Lifeline } from '../pool/lifeline.ts';
import { startEmbedded } from '../store/embedded.ts';
import type { Row } from './figures.ts';
import { type Bench, startBench } from './setup.ts';

const SESSIONS = 500;
/** The server's clock of a process ticks 100 times a second, so one round alone would be lost in a tick. */
const ROUNDS = 25;
const TICKS_A_SECOND = 100;
const VERDICTS = 10;

const FLAGS = [
  `max_connections=${SESSIONS + 20}`,
  'shared_preload_libraries=pg_stat_statements',
  'max_prepared_transactions=10',
].flatMap((setting) => ['-c', setting]);

const POOL = `
slack: { channel: "#incidents" }
access: { approvers: [U0BOB] }
pools:
  - { name: orders, match: { datname: orders }, database_url: "\${PATIENT_URL}" }
`;

/** Measures what a diagnosis costs the patient, and how long people wait for the verdict. */
export async function benchDiagnosis(): Promise<Row[]> {
  const { cpuMs, wallMs } = await measureCost();
  return [
    {
      name: `all checks at ${SESSIONS} sessions, CPU of the patient (mean of ${ROUNDS})`,
      unit: 'ms',
      samples: [cpuMs],
      goal: '≤ 50',
    },
    { name: `all checks at ${SESSIONS} sessions, first to last`, unit: 'ms', samples: wallMs },
    {
      name: 'webhook sent → verdict in the thread, every connection taken',
      unit: 'ms',
      samples: await measureVerdict(),
      goal: '≤ 3,000',
    },
  ];
}

/** All steps of the shipped runbook, again and again over one connection, whose backend's CPU time is read. */
async function measureCost(): Promise<{ readonly cpuMs: number; readonly wallMs: number[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'));
  // As root the server runs as another user, who has to get in.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: join(folder, 'patient'), flags: FLAGS });
  const lifeline = new Lifeline({ url: server.url });
  const clients: pg.Client[] = [];
  try {
    await lifeline.start();
    await crowd(server.url, clients);
    const { config } = parseConfig(POOL, { PATIENT_URL: server.url });
    const diagnoses = openDiagnoses(config);
    const diagnose = async () => {
      // Anew each round: a snapshot that an earlier one left would make this one too cheap.
      const contexts = new Contexts({
        lifelineOf: () => lifeline,
        configOf: () => config.pools[0],
        checksOf: (pool, step) => diagnoses.checks(pool, step),
      });
      return (await diagnoseNow(diagnoses, contexts, 'orders', new Date())).ms;
    };
    await diagnose();
    const [asked] = await lifeline.query('select pg_backend_pid() as pid');
    const pid = Number(asked?.['pid']);
    const before = await ticksOf(pid);
    const wallMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) wallMs.push(await diagnose());
    const ticks = (await ticksOf(pid)) - before;
    return { cpuMs: ((ticks / TICKS_A_SECOND) * 1_000) / ROUNDS, wallMs };
  } finally {
    await lifeline.close();
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A crowd as of an incident: most idle, fifty idle in transaction after many statements, fifty behind one lock. */
async function crowd(url: string, clients: pg.Client[]): Promise<void> {
  const connect = async () => {
    const client = new pg.Client({ connectionString: url, application_name: 'catalytic-api' });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const first = await connect();
  await first.query(`
    create extension pg_stat_statements;
    create table stock (item integer primary key, reserved integer);
    insert into stock select n, 0 from generate_series(1, 100) n`);
  await first.query('begin; update stock set reserved = 1 where item = 1');
  for (let n = 1; n < SESSIONS; n += 1) {
    const client = await connect();
    if (n % 10 === 0) await client.query(`begin; select reserved + ${n}, '${n}' as n${n % 40} from stock`);
    else if (n % 10 === 1)
      client.query('update stock set reserved = 2 where item = 1').catch(() => undefined);
    else await client.query(`select item as i${n % 200} from stock where item = ${n % 100}`);
  }
}

/** User and system time of a process so far, in ticks: fields 14 and 15 of its `stat`. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** The alert fires again and again while every ordinary connection is taken. */
async function measureVerdict(): Promise<number[]> {
  const bench = await startBench();
  const clients: pg.Client[] = [];
  try {
    await exhaust(bench, clients);
    const samples: number[] = [];
    for (let run = 0; run < VERDICTS; run += 1) {
      const reached = nextVerdict(bench);
      const began = performance.now();
      const startsAt = new Date();
      await bench.alert({ datname: 'catalytic_db' }, startsAt);
      samples.push((await reached) - began);
      await bench.alert({ datname: 'catalytic_db' }, startsAt, 'resolved');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    return samples;
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    await bench.stop();
  }
}

async function exhaust(bench: Bench, clients: pg.Client[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: bench.patient.appUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: string }).code === '53300') return;
      throw error;
    }
    clients.push(client);
    const wanted = client.query('begin; update stock set reserved = 1 where item = 1');
    if (clients.length === 1) await wanted;
    else wanted.catch(() => undefined);
  }
}

/** The moment at which the thread next says what is most likely. */
function nextVerdict({ slack }: Bench): Promise<number> {
  return new Promise((resolve) => {
    const end = slack.workspace.subscribe((change) => {
      if (change.kind !== 'message' || !change.message.text.startsWith('Most likely:')) return;
      // Of an incident that is over the message has no buttons any more.
      if (!JSON.stringify(change.message.blocks ?? []).includes('Root cause…')) return;
      end();
      resolve(performance.now());
    });
  });
}
