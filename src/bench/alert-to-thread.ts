import pg from 'pg';
import { createLogger } from '../observe/log.ts';
import { createSlackClient } from '../slack/client.ts';
import { parentView } from '../slack/views/parent.ts';
import { incident, POLICY } from './incident.ts';
import type { Rival } from './rivals.ts';
import type { Bench } from './setup.ts';

/** The first runs warm up compilers, caches and connections, and are not counted. */
const WARM_UP = 20;
const RUNS = 200;

/** Nothing has been drawn for this long, in milliseconds: the thread stands. */
const QUIET_MS = 60;

/** What was measured side by side, in milliseconds. */
export interface AlertToThread {
  readonly baseline: number[];
  readonly thread: number[];
  /** In the order in which the rivals were given. */
  readonly rivals: number[][];
}

/**
 * An incident of its own for each run, one after the other: what one SRE waits for. Before each comes the
 * baseline, the least that a bot could do: keep the alert with one fsynced INSERT, then post the same message.
 *
 * All follow the same pause. A processor that has just worked is twice as quick as one that slept, and an alert
 * comes after hours of quiet: a baseline in a tight loop would be compared with a night that never is.
 */
export async function measureAlertToThread(
  bench: Bench,
  rivals: readonly Rival[] = [],
): Promise<AlertToThread> {
  const baseline = await openBaseline(bench);
  const samples: AlertToThread = { baseline: [], thread: [], rivals: rivals.map(() => []) };
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const least = await baseline.once(run);
    await quiet(bench);
    for (const [index, rival] of rivals.entries()) {
      const ms = await rival.once(run);
      if (run >= WARM_UP) samples.rivals[index]?.push(ms);
      await quiet(bench);
    }
    const posted = nextParent(bench);
    const began = performance.now();
    const status = await bench.alert({ bench: `run-${run}` }, new Date());
    if (status !== 200) throw new Error(`the webhook answered ${status}`);
    const ms = (await posted) - began;
    await quiet(bench);
    if (run < WARM_UP) continue;
    samples.baseline.push(least);
    samples.thread.push(ms);
  }
  await baseline.close();
  return samples;
}

/** Waits until the thread is complete: the next alert is a night of its own. */
async function quiet(bench: Bench): Promise<void> {
  await bench.refill();
  let lastChange = performance.now();
  const end = bench.slack.workspace.subscribe(() => {
    lastChange = performance.now();
  });
  while (performance.now() - lastChange < QUIET_MS)
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 4));
  end();
}

/** The baseline in a tight loop: what this machine can do when it does nothing else. */
export async function measureBackToBack(bench: Bench): Promise<number[]> {
  const baseline = await openBaseline(bench);
  const samples: number[] = [];
  for (let run = 0; run < WARM_UP + RUNS; run += 1) {
    const ms = await baseline.once(run);
    if (run >= WARM_UP) samples.push(ms);
  }
  await baseline.close();
  return samples;
}

async function openBaseline(bench: Bench) {
  const message = parentView(incident(), { policy: POLICY });
  const client = new pg.Client({ connectionString: bench.storeUrl });
  await client.connect();
  await client.query(
    'create table if not exists bench_alerts (id bigint generated always as identity, body jsonb)',
  );
  const log = createLogger({ level: 'silent', secrets: [] });
  const slack = createSlackClient({ token: bench.slack.botToken, apiUrl: bench.slack.apiUrl, log });
  return {
    /** Milliseconds that one INSERT and one call took. */
    async once(run: number): Promise<number> {
      const began = performance.now();
      await client.query('insert into bench_alerts (body) values ($1)', [{ run }]);
      await slack.chat.postMessage({ channel: '#incidents', ...message });
      return performance.now() - began;
    },
    async close(): Promise<void> {
      await client.query('drop table bench_alerts');
      await client.end();
    },
  };
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
