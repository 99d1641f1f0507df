import pg from 'pg';
import { createLogger } from '../observe/log.ts';
import { createSlackClient } from '../slack/client.ts';
import { parentView } from '../slack/views/parent.ts';
import { incident, POLICY } from './incident.ts';
import type { Bench } from './setup.ts';

/** The first runs warm up compilers, caches and connections, and are not counted. */
const WARM_UP = 20;
const RUNS = 200;

/** Nothing has been drawn for this long, in milliseconds: the thread stands. */
const QUIET_MS = 60;

/** An incident of its own for each run, one after the other: what one SRE waits for. */
export async function measureAlertToThread(bench: Bench): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const posted = nextParent(bench);
    const began = performance.now();
    const status = await bench.alert({ bench: `run-${run}` }, new Date());
    if (status !== 200) throw new Error(`the webhook answered ${status}`);
    const ms = (await posted) - began;
    if (run >= WARM_UP) samples.push(ms);
    await quiet(bench);
  }
  return samples;
}

/** Waits until the thread is complete: the next alert is a night of its own. */
async function quiet(bench: Bench): Promise<void> {
  let lastChange = performance.now();
  const end = bench.slack.workspace.subscribe(() => {
    lastChange = performance.now();
  });
  while (performance.now() - lastChange < QUIET_MS)
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 4));
  end();
}

/** The least that a bot could do: keep the alert with one fsynced INSERT, then post the same message once. */
export async function measureBaseline(bench: Bench): Promise<number[]> {
  const message = parentView(incident(), { policy: POLICY });
  const client = new pg.Client({ connectionString: bench.storeUrl });
  await client.connect();
  await client.query(
    'create table if not exists bench_alerts (id bigint generated always as identity, body jsonb)',
  );
  const log = createLogger({ level: 'silent', secrets: [] });
  const slack = createSlackClient({ token: bench.slack.botToken, apiUrl: bench.slack.apiUrl, log });
  const samples: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const began = performance.now();
    await client.query('insert into bench_alerts (body) values ($1)', [{ run }]);
    await slack.chat.postMessage({ channel: '#incidents', ...message });
    if (run >= WARM_UP) samples.push(performance.now() - began);
  }
  await client.query('drop table bench_alerts');
  await client.end();
  return samples;
}

/** When the next parent message stands in the workspace, by this process's clock. */
function nextParent(bench: Bench): Promise<number> {
  return new Promise((resolve) => {
    const end = bench.slack.workspace.subscribe((change) => {
      if (change.kind !== 'message' || change.message.thread_ts !== undefined) return;
      end();
      resolve(performance.now());
    });
  });
}
