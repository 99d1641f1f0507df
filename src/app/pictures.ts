import type { ChartEvent } from '../charts/events.ts';
import type { PrometheusReader } from '../checks/check.ts';
import type { PoolConfig } from '../config/types.ts';
import type { SharedFile } from '../incident/effects.ts';
import type { Incident } from '../incident/state.ts';
import { orderedPoints, type Point, sparkline } from '../pool/series.ts';
import type { MadeFile } from '../slack/share.ts';

/** The charts look back this far. */
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;

/** How much of the time before a remedy its chart shows. */
const LEAST_BEFORE_MS = 2.5 * MINUTE_MS;
const LONGEST_BEFORE_MS = 10 * MINUTE_MS;

export interface PicturesOptions {
  readonly configOf: (pool: string) => PoolConfig | undefined;
  readonly prometheusOf: (pool: string) => PrometheusReader | undefined;
  /** Per cent of the usable connections, oldest first. */
  readonly samplesOf: (pool: string) => Promise<readonly Point[]>;
}

/** Makes the files of a thread: the charts of the last hour and around a remedy, and what a step's message had to cut. */
export function createPictures(options: PicturesOptions) {
  return async (file: SharedFile, incident: Incident, now: Date): Promise<MadeFile | undefined> => {
    const pool = incident.pool === undefined ? undefined : options.configOf(incident.pool);
    if (pool === undefined) return undefined;
    if (file === 'utilisation') return utilisation(pool, incident, now);
    if (file === 'traffic') return traffic(pool, incident, now);
    if (file.startsWith('mitigation-'))
      return beforeAndAfter(pool, incident, file.slice('mitigation-'.length), now);
    return restOf(incident, Number(file.slice('rest-'.length)));
  };

  async function utilisation(pool: PoolConfig, incident: Incident, now: Date): Promise<MadeFile> {
    const from = new Date(now.getTime() - HOUR_MS);
    const { reading } = incident;
    const history = await historyOf(pool, from, now);
    const points =
      reading === undefined ? history : [...history, { at: new Date(reading.at), value: reading.percent }];
    const newest = points.at(-1)?.value;
    // The renderer is a native module of many megabytes: loaded when the first chart is drawn.
    const { utilisationAlt, utilisationChart } = await import('../charts/utilisation.ts');
    const input = {
      points,
      threshold: pool.threshold,
      events: marksOf(incident),
      from,
      to: now,
      title: `${pool.name}: connections in use`,
    };
    const ends = newest === undefined ? '' : ` now ${Math.round(newest)} %`;
    return {
      filename: `${pool.name}-utilisation.png`,
      title: `${pool.name}: connections in use, the last hour`,
      alt: utilisationAlt(input),
      bytes: async () => (await utilisationChart(input)).png,
      instead: `last hour ${sparkline(points, { from, to: now })}${ends}`,
    };
  }

  /** The pool around a remedy that helped, with its moment marked. */
  async function beforeAndAfter(
    pool: PoolConfig,
    incident: Incident,
    id: string,
    now: Date,
  ): Promise<MadeFile | undefined> {
    const request = incident.requests[id];
    const { result } = request ?? {};
    if (request === undefined || result === undefined) return undefined;
    const done = Date.parse(result.at);
    // What came after is a small part of the width, however soon it was seen, and a visible one.
    const before = Math.min(LONGEST_BEFORE_MS, Math.max(LEAST_BEFORE_MS, 5 * (now.getTime() - done)));
    const from = new Date(done - before);
    const to = new Date(now.getTime() + before / 10);
    const { mitigation } = incident;
    const after = mitigation?.request === id ? mitigation.after : result.after;
    const measured = [result.before, result.after, after].filter((one) => one !== undefined);
    const points = orderedPoints([
      ...(await historyOf(pool, from, now)),
      ...measured.map(({ at, percent }) => ({ at: new Date(at), value: percent })),
    ]);
    const figures = [result.before, after].filter((one) => one !== undefined);
    const change = figures.map(({ percent }) => `${Math.round(percent)} %`).join(' → ');
    const { utilisationChart } = await import('../charts/utilisation.ts');
    const title = `${pool.name}: before and after`;
    return {
      filename: `${pool.name}-before-and-after.png`,
      title: `${title}, ${change}`,
      alt: `${pool.name}: connections in use around the remedy “${request.preview.title.slice(0, 200)}”, which ended at ${result.at.slice(11, 19)} UTC and is marked: ${change}. The line of trouble is at ${pool.threshold} %.`,
      bytes: async () =>
        (
          await utilisationChart({
            points,
            threshold: pool.threshold,
            events: marksOf(incident),
            from,
            to,
            title,
          })
        ).png,
      instead: `before and after ${sparkline(points, { from, to: now })} ${change}`,
    };
  }

  async function historyOf(pool: PoolConfig, from: Date, to: Date): Promise<Point[]> {
    const own = (await options.samplesOf(pool.name)).filter((point) => point.at >= from && point.at <= to);
    const prometheus = options.prometheusOf(pool.name);
    if (prometheus === undefined || pool.prometheus === undefined) return own;
    const { active, max } = pool.prometheus;
    const asked = prometheus.range(`100 * (${active}) / (${max})`, from, to, MINUTE_MS / 2);
    return asked.then((points) => (points.length > 0 ? points : own)).catch(() => own);
  }

  async function traffic(pool: PoolConfig, incident: Incident, now: Date): Promise<MadeFile | undefined> {
    const rate = pool.prometheus?.requestRate;
    const prometheus = options.prometheusOf(pool.name);
    const facts = Object.values(incident.steps).find((step) => step.facts?.traffic !== undefined)?.facts
      ?.traffic;
    if (rate === undefined || prometheus === undefined) return undefined;
    const from = new Date(now.getTime() - HOUR_MS);
    const points = await prometheus.range(rate, from, now, MINUTE_MS).catch(() => [] as Point[]);
    if (points.length === 0) return undefined;
    const { rateChart, rateAlt } = await import('../charts/rate.ts');
    const input = {
      points,
      ...(facts === undefined ? {} : { baseline: facts.baselinePerMinute }),
      unit: 'requests a minute',
      from,
      to: now,
      title: `${pool.name}: requests`,
    };
    const top = Math.max(...points.map((point) => point.value), 1);
    return {
      filename: `${pool.name}-traffic.png`,
      title: `${pool.name}: requests a minute, the last hour`,
      alt: rateAlt(input),
      bytes: async () => (await rateChart(input)).png,
      instead: `last hour ${sparkline(points, { from, to: now, top })} up to ${Math.round(top)} requests a minute`,
    };
  }
}

function restOf(incident: Incident, step: number): MadeFile | undefined {
  const rest = incident.steps[step]?.findings?.rest;
  if (rest === undefined) return undefined;
  return { filename: rest.name, title: `Step ${step}: all of it`, bytes: async () => Buffer.from(rest.text) };
}

/** What happened, as marks on the time axis. */
function marksOf(incident: Incident): ChartEvent[] {
  const marks: ChartEvent[] = [{ at: new Date(incident.startsAt), label: 'alert' }];
  if (incident.acknowledged !== undefined)
    marks.push({ at: new Date(incident.acknowledged.at), label: 'acknowledged' });
  for (const { result, action } of Object.values(incident.requests)) {
    if (result?.outcome === 'done')
      marks.push({ at: new Date(result.at), label: action.replaceAll('_', ' ') });
  }
  if (incident.resolved !== undefined) marks.push({ at: new Date(incident.resolved.at), label: 'resolved' });
  return marks;
}
