import { duration } from '../incident/words.ts';
import { type Point, seriesOf } from '../pool/series.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, type CheckContext, CheckFailure } from './check.ts';
import { readingOf } from './connections.ts';

/** So many points of history are enough to find a peak. */
const MOST_POINTS = 240;
const LEAST_STEP_MS = 15_000;
/** Further apart the points would count as having gaps between them (`GAP_MS`), and a gap has no slope. */
const MOST_STEP_MS = 45_000;

/** Step 1: how full the pool is, was, and when it will be full, from Prometheus or from our own samples. */
export const utilisation: Check<BuiltinParams<'utilisation'>> = {
  name: 'utilisation',
  over: 'lifeline',
  async run(context, { warn, fail = context.config.threshold, historyMs }) {
    const activity = await context.snapshots.activity();
    const own = readingOf(activity);
    const lines: string[] = [];
    const measured = await fromPrometheus(context, historyMs).catch((error: Error) => {
      lines.push(`Prometheus gave no utilisation (${error.message}); this is from our own samples`);
      return undefined;
    });
    const points = measured?.points ?? (await ownPoints(context, historyMs, activity.utilisation));
    const percent = measured?.percent ?? own.percent;
    const used = measured?.used ?? own.used;
    const usable = measured?.usable ?? own.usable;
    const series = seriesOf(points);
    const slopePerMinute = round(series?.slopePerMinute ?? 0);
    const peak = round(Math.max(percent, ...points.map((point) => point.value)));
    const left = series?.fullAt === undefined ? undefined : series.fullAt.getTime() - context.now.getTime();
    lines.unshift(`Peak of the last ${duration(historyMs)}: ${peak} %`);
    if (left !== undefined && left > 0) {
      lines.push(`Rising by ${slopePerMinute} % a minute: full in ${duration(left)}`);
    }
    if (measured !== undefined)
      lines.push(`The server itself: ${own.used} of ${own.usable} usable connections`);
    return {
      findings: {
        headline: `${used} of ${usable} connections in use (${percent} %)`,
        lines,
        verdict: percent >= fail ? 'fail' : percent >= warn ? 'warn' : 'ok',
      },
      facts: { utilisation: { percent, peak, slopePerMinute, usable, used } },
      reading: own,
    };
  },
};

async function fromPrometheus({ prometheus, config, now }: CheckContext, historyMs: number) {
  if (prometheus === undefined || config.prometheus === undefined) return undefined;
  const { active, max } = config.prometheus;
  const share = `100 * (${active}) / (${max})`;
  const stepMs = Math.min(MOST_STEP_MS, Math.max(LEAST_STEP_MS, Math.ceil(historyMs / MOST_POINTS)));
  const [used, usable, points] = await Promise.all([
    prometheus.instant(active),
    prometheus.instant(max),
    prometheus.range(share, new Date(now.getTime() - historyMs), now, stepMs),
  ]);
  if (!Number.isFinite(used) || !(usable > 0)) {
    throw new CheckFailure('no data for prometheus.active and prometheus.max: check both expressions');
  }
  return {
    used: Math.round(used),
    usable: Math.round(usable),
    percent: round((used / usable) * 100),
    points: points.filter((point) => Number.isFinite(point.value)),
  };
}

async function ownPoints(context: CheckContext, historyMs: number, percent: number): Promise<Point[]> {
  const at = context.now;
  const from = new Date(at.getTime() - historyMs);
  const samples = (await context.samples()).filter((point) => point.at >= from && point.at < at);
  return [...samples, { at, value: percent }];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
