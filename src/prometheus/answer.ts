import { z } from 'zod';
import type { Point } from '../pool/series.ts';
import { PrometheusError } from './error.ts';

/** `[seconds since 1970, "value"]`; values are texts because JSON has no NaN. */
const pair = z.tuple([z.number(), z.string()]);
const metric = z.record(z.string(), z.string());

/** The envelope of the HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
const envelope = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric, value: pair })) }),
      z.object({
        resultType: z.literal('matrix'),
        result: z.array(z.object({ metric, values: z.array(pair) })),
      }),
      z.object({ resultType: z.literal('scalar'), result: pair }),
      z.object({ resultType: z.literal('string'), result: pair }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string().optional() }),
]);

/** The result of a query, before anything is made of it. */
export type Result = Extract<z.infer<typeof envelope>, { status: 'success' }>['data'];

/** The seconds since 1970 that a date can hold, either way (ECMA-262, "Time Values and Time Range"). */
const FURTHEST_SECONDS = 8.64e12;

/** What an error message shows of a text that came from outside. */
const LONGEST_SHOWN = 200;

/** A text from outside in one line that is not too long. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN - 1)}…` : line;
}

/** What Prometheus said in a body of status `error`, if it is one. */
export function refusalIn(body: unknown): string | undefined {
  const parsed = envelope.safeParse(body);
  if (!parsed.success || parsed.data.status !== 'error') return undefined;
  return oneLine(parsed.data.error ?? parsed.data.errorType ?? 'no reason given');
}

/** The result in a body of status `success`. Throws a PrometheusError for everything else. */
export function resultIn(body: unknown, query: string): Result {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) {
    throw new PrometheusError(
      'not_prometheus',
      'Prometheus: the answer is not in the form of its HTTP API: check prometheus.url',
    );
  }
  if (parsed.data.status === 'success') return parsed.data.data;
  throw new PrometheusError(
    'refused',
    `Prometheus refused “${oneLine(query)}”: ${refusalIn(body)}: mend the query in lifeguard.yaml`,
  );
}

/** One number out of a result: several series are added up. Throws a PrometheusError when there is none. */
export function numberIn(result: Result, query: string): { value: number; series: number } {
  const texts = instantTexts(result, query);
  if (texts.length === 0) throw noData(query);
  const value = texts.reduce((sum, text) => sum + toNumber(text), 0);
  if (Number.isFinite(value)) return { value, series: texts.length };
  throw new PrometheusError(
    'not_a_number',
    `Prometheus: “${oneLine(query)}” is ${oneLine(texts.find((text) => !Number.isFinite(toNumber(text))) ?? 'NaN')}, not a number: look for a division by zero or a metric without samples`,
  );
}

function instantTexts(result: Result, query: string): string[] {
  if (result.resultType === 'vector') return result.result.map(({ value }) => value[1]);
  if (result.resultType === 'scalar') return [result.result[1]];
  throw new PrometheusError(
    'refused',
    `Prometheus: “${oneLine(query)}” gives a ${result.resultType} where one number is wanted: leave out the range in […] or put a function such as rate() around it`,
  );
}

/**
 * The points of a range, oldest first: several series are added up moment by moment, and values that are
 * not numbers are gaps. Throws a PrometheusError when nothing remains.
 */
export function pointsIn(result: Result, query: string): { points: Point[]; series: number } {
  if (result.resultType !== 'matrix')
    throw new PrometheusError(
      'not_prometheus',
      `Prometheus: “${oneLine(query)}” gave no range: check prometheus.url`,
    );
  const sums = new Map<number, number>();
  for (const { values } of result.result) {
    for (const [seconds, text] of values) sums.set(seconds, (sums.get(seconds) ?? 0) + toNumber(text));
  }
  if (sums.size === 0) throw noData(query);
  const points = [...sums]
    .filter(([seconds, value]) => Number.isFinite(value) && Math.abs(seconds) <= FURTHEST_SECONDS)
    .sort(([a], [b]) => a - b)
    .map(([seconds, value]) => ({ at: new Date(seconds * 1_000), value }));
  if (points.length > 0) return { points, series: result.result.length };
  throw new PrometheusError(
    'not_a_number',
    `Prometheus: “${oneLine(query)}” is NaN or infinite all the time: look for a division by zero`,
  );
}

/** Prometheus writes `+Inf`, which Number does not know. */
function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return text.trim() === '' ? Number.NaN : Number(text);
}

function noData(query: string): PrometheusError {
  return new PrometheusError(
    'no_data',
    `Prometheus has no data for “${oneLine(query)}”: check the metric's name and labels, and that its target is scraped`,
  );
}
