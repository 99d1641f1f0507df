import { type Point, seriesOf } from '../pool/series.ts';
import type { Chart } from './chart.ts';
import {
  COLOUR,
  curve,
  emptyNote,
  HEIGHT,
  heading,
  level,
  newestDot,
  PLOT,
  type Scale,
  timeAxis,
  valueAxis,
  WIDTH,
  within,
  yOf,
} from './frame.ts';
import { renderPng } from './render.ts';
import { picture, words } from './svg.ts';
import { clock, figure, lasting, shortened } from './words.ts';

/** What the chart of a rate shows. */
export interface RateChartInput {
  readonly points: readonly Point[];
  /** The usual rate, in the points' unit; left out or 0: no ratio is told. */
  readonly baseline?: number;
  /** What is counted, for example `requests a minute`. */
  readonly unit: string;
  readonly from: Date;
  readonly to: Date;
  readonly title: string;
  /** Points further apart than this, in ms, are not joined; 3 minutes when left out. */
  readonly gapMs?: number;
}

/** Prometheus is asked in steps of 15 s to a minute. */
const RATE_GAP_MS = 3 * 60_000;
const LONGEST_TITLE = 38;

/** What lies above is cut off at the top: no pool is asked so often, and the axis has to end. */
const HIGHEST = 1e15;

/** Twice the usual is worth a colour. */
const MUCH = 2;

/**
 * Draws a rate against its usual value.
 * @throws Error when pictures cannot be made on this platform: show the sparkline then
 */
export async function rateChart(input: RateChartInput): Promise<Chart> {
  return { png: await renderPng(rateSvg(input)), alt: rateAlt(input) };
}

/** The chart as SVG. */
export function rateSvg(input: RateChartInput): string {
  const { baseline, from, to } = input;
  const points = within(input, input.points);
  const series = seriesOf(points);
  const grid = roundSteps(Math.min(HIGHEST, Math.max(series?.peak.value ?? 0, baseline ?? 0)));
  const scale: Scale = { from, to, top: (grid.at(-1) ?? 1) * 1.04 };
  const fill = (ratioOf(input) ?? 0) >= MUCH ? COLOUR.danger : COLOUR.line;
  const newest = points.at(-1);
  return picture(WIDTH, HEIGHT, [
    heading(
      shortened(input.title, LONGEST_TITLE),
      { text: headline(input), fill },
      `${clock(from)} to ${clock(to)} UTC · ${shortened(input.unit, 40)}${series === undefined ? '' : ` · now ${figure(series.now)}`}`,
    ),
    valueAxis(scale, grid, figure),
    timeAxis(scale),
    curve(scale, points, input.gapMs ?? RATE_GAP_MS),
    baseline === undefined
      ? ''
      : level(scale, baseline, COLOUR.baseline) +
        words(`usual ${figure(baseline)}`, PLOT.left + 10, yOf(scale, baseline) - 12, {
          size: 24,
          bold: true,
          fill: COLOUR.baseline,
          halo: COLOUR.paper,
        }),
    newest === undefined ? emptyNote('no data in this time') : newestDot(scale, newest, fill),
  ]);
}

/** What the chart says, in a sentence or two. */
export function rateAlt(input: RateChartInput): string {
  const series = seriesOf(within(input, input.points));
  const head = `${shortened(input.title, 100)}: ${shortened(input.unit, 40)} over the last ${lasting(+input.to - +input.from)}, until ${clock(input.to)} UTC`;
  if (series === undefined) return `${head}. There is no data.`;
  const ratio = ratioOf(input);
  const usual =
    input.baseline === undefined
      ? ''
      : `, usual ${figure(input.baseline)}${ratio === undefined ? '' : `, that is ${times(ratio)}`}`;
  return `${head}. Now ${figure(series.now)}${usual}; peak ${figure(series.peak.value)} at ${clock(series.peak.at)}.`;
}

function headline(input: RateChartInput): string {
  const series = seriesOf(within(input, input.points));
  if (series === undefined) return 'no data';
  const ratio = ratioOf(input);
  return ratio === undefined ? `${figure(series.now)} now` : times(ratio);
}

function times(ratio: number): string {
  return `${ratio >= 9.95 ? figure(ratio) : ratio.toFixed(1)} × usual`;
}

function ratioOf(input: RateChartInput): number | undefined {
  const series = seriesOf(within(input, input.points));
  if (series === undefined || input.baseline === undefined || input.baseline <= 0) return undefined;
  return series.now / input.baseline;
}

/** Zero and up to five round values, the last at or above `highest`. */
function roundSteps(highest: number): number[] {
  const wanted = Math.max(highest, Number.MIN_VALUE) / 4;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step =
    highest <= 0 ? 1 : ([1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= wanted) ?? 10 * power);
  const count = highest <= 0 ? 1 : Math.ceil(highest / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
