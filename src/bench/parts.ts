import { measureAlertToThread, measureBackToBack } from './alert-to-thread.ts';
import { percentile, type Row } from './figures.ts';
import { measureApproveToGone, measureInteractions } from './interactions.ts';
import { measureMemory } from './memory.ts';
import { startRedis } from './redis.ts';
import { type Rival, startAlertmanager, startBareBolt } from './rivals.ts';
import { type Bench, startBench } from './setup.ts';

/** From the alert to its thread, side by side with the least that can be done, and with what else there is. */
export async function thread(bench: Bench): Promise<Row[]> {
  const backToBack = await measureBackToBack(bench);
  const rivals: Rival[] = [];
  try {
    rivals.push(await startBareBolt(bench));
    const alertmanager = await startAlertmanager();
    if (alertmanager === undefined) console.error('prometheus-alertmanager is not installed: left out');
    else rivals.push(alertmanager);
    const measured = await measureAlertToThread(bench, rivals);
    const least = percentile(measured.baseline, 50);
    const ratio = (p: number): number => percentile(measured.thread, p) / least;
    return [
      { name: 'one fsynced INSERT + one Slack call, after a pause', unit: 'ms', samples: measured.baseline },
      {
        name: 'webhook sent → thread posted, after a pause',
        unit: 'ms',
        samples: measured.thread,
        goal: 'p50 ≤ 10',
      },
      { name: '  median, of the INSERT and call’s', unit: '×', samples: [ratio(50)], goal: '≤ 2' },
      { name: '  99th of a hundred, of the same median', unit: '×', samples: [ratio(99)], goal: '≤ 5' },
      ...rivals.map(({ name }, index) => ({ name, unit: 'ms', samples: measured.rivals[index] ?? [] })),
      { name: 'INSERT + Slack call in a tight loop', unit: 'ms', samples: backToBack },
    ];
  } finally {
    for (const rival of rivals) await rival.stop();
  }
}

/** How long Slack waits for us, and how long a person from Approve to the end of the backend. */
export async function interactions(bench: Bench): Promise<Row[]> {
  return [
    {
      name: 'Slack interaction acknowledged',
      unit: 'ms',
      samples: await measureInteractions(bench),
      goal: 'p99 ≤ 50',
    },
    {
      name: 'Approve pressed → backend gone',
      unit: 'ms',
      samples: await measureApproveToGone(bench),
      goal: '≤ 250',
    },
  ];
}

/** What a thousand open incidents take. */
export async function memory(bench: Bench): Promise<Row[]> {
  return [
    {
      name: 'resident memory, 1,000 open incidents',
      unit: 'MB',
      samples: [await measureMemory(bench)],
      goal: '≤ 160',
    },
  ];
}

/** The same ways with the queue on Redis; nothing where that is not installed. */
export async function onRedis(): Promise<Row[]> {
  const redis = await startRedis();
  if (redis === undefined) {
    console.error('redis-server is not installed: left out');
    return [];
  }
  try {
    const bench = await startBench(undefined, { REDIS_URL: redis.url });
    try {
      const measured = await measureAlertToThread(bench);
      return [
        { name: 'queue on Redis: webhook sent → thread posted', unit: 'ms', samples: measured.thread },
        {
          name: '  Approve pressed → backend gone',
          unit: 'ms',
          samples: await measureApproveToGone(bench),
          goal: '≤ 250',
        },
      ];
    } finally {
      await bench.stop();
    }
  } finally {
    await redis.stop();
  }
}
