import type { StandIn } from '../console/server.ts';
import type { Message } from '../console/slack/types.ts';
import type { Row } from './figures.ts';
import { inScene } from './scene.ts';
import { BENCH_TOKEN, notification } from './setup.ts';

/** How many pools fall ill at once; of the one that is run to its end, every thread is waited for. */
const STORMS = [{ pools: 10 }, { pools: 100 }, { pools: 1_000 }, { pools: 150, toTheEnd: true }];

/** Slack's limits, and what they allow at once: one more than Lifeguard sends, for a call that is late on its way. */
const PACING = { burst: 5 };

/** Alertmanager sends its groups side by side. */
const AT_A_TIME = 16;

/** From the first alert on: long enough for a few hundred interactions, and for threads to come at their pace. */
const WATCHED_MS = 25_000;
const PRESS_EVERY_MS = 50;

/** Storms of incidents into one channel, before a Slack that keeps its limits to the letter. */
export async function benchStorm(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { pools, toTheEnd = false } of STORMS) {
    rows.push(
      ...(await inScene({ pacing: PACING }, ({ slack, origin }) =>
        strike(slack, `${origin}/webhooks/alertmanager`, pools, toTheEnd),
      )),
    );
  }
  return rows;
}

async function strike(slack: StandIn, url: string, pools: number, toTheEnd: boolean): Promise<Row[]> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  let knownMs: number | undefined;
  const end = slack.workspace.subscribe((change) => {
    if (change.kind !== 'message') return;
    if (tellsAll(change.message, pools) || threadsIn(slack).length === pools) knownMs ??= since();
  });
  const sending = send(url, pools).then(since);
  const { acknowledged, shown } = await interact(slack);
  const takenMs = await sending;
  const threads = threadsIn(slack);
  const rate = threads.length / (since() / 1_000);
  while (toTheEnd && threadsIn(slack).length < pools) await pause(200);
  const allMs = since();
  end();
  if (knownMs === undefined) throw new Error(`the channel did not learn of all ${pools} incidents`);
  const name = `${pools} pools at once`;
  return [
    { name: `${name}: until the channel knows all of them`, unit: 'ms', samples: [knownMs], goal: '≤ 5,000' },
    { name: '  until all alerts are committed', unit: 'ms', samples: [takenMs] },
    { name: '  calls refused by Slack', unit: '', samples: [slack.api.tooSoon.length], goal: '0' },
    { name: '  threads a second, meanwhile', unit: '', samples: [rate] },
    ...(toTheEnd ? [{ name: '  until every thread is there', unit: 's', samples: [allMs / 1_000] }] : []),
    { name: '  interaction acknowledged, meanwhile', unit: 'ms', samples: acknowledged, goal: 'p99 ≤ 100' },
    { name: '  Acknowledge pressed → said in the thread', unit: 'ms', samples: shown },
  ];
}

async function send(url: string, pools: number): Promise<void> {
  const startsAt = new Date();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < pools) {
      next += 1;
      const labels = { cluster: 'eu-1', datname: `db-${next}` };
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${BENCH_TOKEN}` },
        body: JSON.stringify(notification(labels, startsAt, 'firing')),
      });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`the webhook answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
}

/** Somebody types all the while, and takes what is there: how long Slack waits, and how long the person. */
async function interact(slack: StandIn): Promise<{ acknowledged: number[]; shown: number[] }> {
  const acknowledged: number[] = [];
  const shown: number[] = [];
  const taken = new Set<string>();
  const until = performance.now() + WATCHED_MS;
  let pressing: Promise<unknown> = Promise.resolve();
  for (let turn = 1; performance.now() < until; turn += 1) {
    const outcome = await slack.actor.command('U0ALICE', 'incidents', '/pool', 'help');
    acknowledged.push(outcome.ms);
    const thread = threadsIn(slack).find(({ ts }) => !taken.has(ts));
    if (turn % 100 === 0 && thread !== undefined) {
      taken.add(thread.ts);
      const began = performance.now();
      const said = saidIn(slack, thread);
      pressing = slack.actor.press('U0ALICE', thread, 'Acknowledge').then(({ ms }) => {
        acknowledged.push(ms);
        return said.then((at) => shown.push(at - began));
      });
    }
    await pause(PRESS_EVERY_MS);
  }
  await pressing;
  return { acknowledged, shown };
}

/** When the next message stands in the thread. */
function saidIn(slack: StandIn, thread: Message): Promise<number> {
  return new Promise((resolve) => {
    const end = slack.workspace.subscribe((change) => {
      if (change.kind !== 'message' || change.message.thread_ts !== thread.ts) return;
      if (change.message.ts === thread.ts) return;
      end();
      resolve(performance.now());
    });
  });
}

function tellsAll(message: Message, pools: number): boolean {
  return JSON.stringify(message.blocks ?? []).includes(`${pools} incidents at once`);
}

function threadsIn(slack: StandIn): Message[] {
  const channel = slack.workspace.channel('incidents')?.id ?? '';
  return slack.workspace
    .messages(channel)
    .filter(({ text, thread_ts, ts }) => (thread_ts ?? ts) === ts && !text.includes('incidents at once'));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
