import type { BuiltinParams } from '../runbook/builtin.ts';
import { type Check, type CheckContext, CheckFailure } from './check.ts';

const MINUTE_MS = 60_000;

/** Step 4: requests a minute against their baseline, and whether connections grew with them. */
export const traffic: Check<BuiltinParams<'traffic'>> = {
  name: 'traffic',
  over: 'network',
  async run(context, { spike, flood, baselineMs }) {
    const { prometheus, config } = context;
    const rate = config.prometheus?.requestRate;
    if (prometheus === undefined || rate === undefined) {
      throw new CheckFailure(
        'the request rate is not measured for this pool',
        'set prometheus.request_rate of the pool in lifeguard.yaml',
      );
    }
    const [now, base, connectionsRatio] = await Promise.all([
      prometheus.instant(rate),
      baselineOf(context, rate, baselineMs),
      connectionsGrowth(context, baselineMs).catch(() => undefined),
    ]);
    if (base === undefined || !Number.isFinite(now) || !(base > 0)) {
      throw new CheckFailure(
        'Prometheus has no data for the request rate or its baseline',
        'check prometheus.request_rate and prometheus.request_rate_baseline of the pool in lifeguard.yaml',
      );
    }
    const ratio = Math.round((now / base) * 100) / 100;
    const word = ratio >= flood ? 'a flood' : ratio >= spike ? 'a spike' : 'no spike';
    const lines =
      connectionsRatio === undefined
        ? []
        : [`Connections in use are ${connectionsRatio} times what they were at the start of the baseline`];
    return {
      findings: {
        headline: `${Math.round(now)} requests a minute, ${ratio} times the baseline of ${Math.round(base)}: ${word}`,
        lines,
        verdict: ratio >= flood ? 'fail' : ratio >= spike ? 'warn' : 'ok',
      },
      facts: {
        traffic: {
          ratePerMinute: now,
          baselinePerMinute: base,
          ratio,
          ...(connectionsRatio === undefined ? {} : { connectionsRatio }),
        },
      },
    };
  },
};

async function baselineOf(
  context: CheckContext,
  rate: string,
  baselineMs: number,
): Promise<number | undefined> {
  const expression = context.config.prometheus?.requestRateBaseline;
  if (expression !== undefined) return context.prometheus?.instant(expression);
  const to = context.now;
  const from = new Date(to.getTime() - baselineMs);
  const points = (await context.prometheus?.range(rate, from, to, MINUTE_MS)) ?? [];
  const known = points.filter((point) => Number.isFinite(point.value));
  return known.length === 0 ? undefined : known.reduce((sum, point) => sum + point.value, 0) / known.length;
}

async function connectionsGrowth(context: CheckContext, baselineMs: number): Promise<number | undefined> {
  const active = context.config.prometheus?.active;
  if (active === undefined || context.prometheus === undefined) return undefined;
  const to = context.now;
  const from = new Date(to.getTime() - baselineMs);
  const points = await context.prometheus.range(active, from, to, MINUTE_MS);
  const first = points.find((point) => point.value > 0);
  const last = points.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const ratio = Math.round((last.value / first.value) * 100) / 100;
  return Number.isFinite(ratio) ? ratio : undefined;
}
