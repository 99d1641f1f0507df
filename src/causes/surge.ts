import type { Facts } from './facts.ts';
import { percent, time } from './figures.ts';
import { fullness } from './signs.ts';
import { ramp } from './weight.ts';

/** Above this many times the usual rate it is no rush of customers any more. */
export const FLOOD_RATIO = 8;
/** So large a share of failures means that clients try again. */
export const RETRY_ERRORS = 0.25;

/** Which of the three kinds of traffic it is; undefined when it is about the usual. */
export function kindOfSurge(facts: Facts): 'spike' | 'flood' | 'retries' | undefined {
  const { traffic } = facts;
  if (traffic === undefined || Number.isNaN(traffic.ratio)) return undefined;
  if ((traffic.errorShare ?? 0) >= RETRY_ERRORS && traffic.ratio >= 1.4) return 'retries';
  if (traffic.ratio >= FLOOD_RATIO) return 'flood';
  return traffic.ratio >= 1.6 ? 'spike' : undefined;
}

/** How strongly more traffic explains the connections, 0 to 1. */
export function surge(facts: Facts, from: number, to: number): number {
  return ramp(facts.traffic?.ratio, from, to) * (0.4 + 0.6 * ramp(fullness(facts), 0.5, 0.8));
}

/** The figures that speak for more traffic. */
export function surgeEvidence({ traffic, connections }: Facts): string[] {
  if (traffic === undefined) return [];
  const { ratePerMinute, baselinePerMinute, ratio, connectionsRatio, errorShare } = traffic;
  return [
    `${Math.round(ratePerMinute)} requests a minute, ${ratio.toFixed(1)} times the usual ${Math.round(baselinePerMinute)}`,
    ...(connectionsRatio === undefined
      ? []
      : [`connections are ${connectionsRatio.toFixed(1)} times those of an hour ago`]),
    ...(errorShare === undefined ? [] : [`${percent(errorShare)} of requests fail`]),
    ...(connections === undefined
      ? []
      : [`half of the connections are younger than ${time(connections.medianConnectedMs)}`]),
  ];
}
