import { residentMb } from './cpu.ts';
import type { Row } from './figures.ts';
import { startBench } from './setup.ts';

/** Minutes of load: `SOAK_MINUTES`; an hour when left out. */
const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 60);

/** Caches fill and V8 finds its size in the beginning: what memory is held against comes after that. */
const WARM_UP_SHARE = 1 / 6;
const MINUTE_MS = 60_000;

/** An incident opens this often, and is over so much later. */
const EVERY_MS = 2_000;
const LASTS_MS = 20_000;

/**
 * Whether memory stays where it is under a steady load: incidents open and are resolved, and a pool is asked about, for
 * an hour. Each figure is the mean of a minute, so that a collection of garbage counts little.
 */
export async function benchSoak(): Promise<Row[]> {
  const bench = await startBench(undefined, { SLACK_RATE_LIMITS: 'none' });
  const began = performance.now();
  const overMs = MINUTES * MINUTE_MS;
  const minutes: number[] = [];
  let incidents = 0;
  try {
    const ends: (readonly [number, () => Promise<number>])[] = [];
    let looks: number[] = [];
    while (performance.now() - began < overMs) {
      const startsAt = new Date();
      const labels = { bench: `soak-${incidents}` };
      incidents += 1;
      await bench.alert(labels, startsAt);
      ends.push([performance.now() + LASTS_MS, () => bench.alert(labels, startsAt, 'resolved')]);
      while ((ends[0]?.[0] ?? Number.POSITIVE_INFINITY) < performance.now()) await ends.shift()?.[1]();
      await bench.slack.actor.command('U0ALICE', 'backend-team', '/pool', 'status orders');
      looks.push(await residentMb(bench.pid));
      if (performance.now() - began >= (minutes.length + 1) * MINUTE_MS) {
        minutes.push(looks.reduce((sum, one) => sum + one, 0) / looks.length);
        looks = [];
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  } finally {
    await bench.stop();
  }
  const settled = minutes.slice(Math.ceil(minutes.length * WARM_UP_SHARE));
  const mean = settled.reduce((sum, one) => sum + one, 0) / settled.length;
  const furthest = Math.max(...settled.map((one) => Math.abs(one - mean))) / mean;
  const name = `${MINUTES} min of load, ${incidents} incidents`;
  return [
    { name: `${name}: resident memory, a minute's mean`, unit: 'MB', samples: settled },
    { name: '  furthest from the mean', unit: '%', samples: [furthest * 100], goal: '≤ 5' },
    { name: '  the last minute', unit: 'MB', samples: [minutes.at(-1) ?? Number.NaN] },
  ];
}
