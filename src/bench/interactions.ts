import pg from 'pg';
import type { Message } from '../console/slack/types.ts';
import type { Bench } from './setup.ts';

const PRESSES = 200;
const KILLS = 20;
const LOOK_EVERY_MS = 1;
const PATIENCE_MS = 10_000;

/** A command that reads the pool, typed again and again: the time until Slack has its acknowledgement. */
export async function measureInteractions(bench: Bench): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < PRESSES; run += 1) {
    const outcome = await bench.slack.actor.command('U0ALICE', 'backend-team', '/pool', 'help');
    samples.push(outcome.ms);
  }
  return samples;
}

/** Backends that hold a transaction, ended one after the other through preview and approval. */
export async function measureApproveToGone(bench: Bench): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < KILLS; run += 1) {
    const victim = new pg.Client({ connectionString: bench.patient.appUrl, application_name: 'bench' });
    victim.on('error', () => undefined);
    await victim.connect();
    await victim.query('begin');
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    const pid = rows[0]?.pid ?? 0;
    samples.push(await approveToGone(bench, victim, pid));
  }
  return samples;
}

/** Asks for the end of a backend and has it approved: the time from the press until its client is cut off, in ms. */
export async function approveToGone(bench: Bench, victim: pg.Client, pid: number): Promise<number> {
  await bench.refill();
  await bench.slack.actor.command('U0ALICE', 'backend-team', '/pool', `kill ${pid}`);
  const preview = await until(() => find(bench, `Terminate backend ${pid} `));
  const gone = new Promise<number>((resolve) => victim.once('end', () => resolve(performance.now())));
  const began = performance.now();
  await bench.slack.actor.press('U0BOB', preview, 'Approve');
  const ms = (await gone) - began;
  await until(() => find(bench, `backend ${pid} has ended`));
  return ms;
}

function find(bench: Bench, words: string): Message | undefined {
  const channel = bench.slack.workspace.channel('backend-team');
  if (channel === undefined) return undefined;
  return bench.slack.workspace
    .messages(channel.id)
    .find((message) => JSON.stringify(message.blocks ?? []).includes(words));
}

async function until<T>(look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error('the thread did not get there');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
