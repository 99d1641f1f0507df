import { GAP_MS, type Point, seriesOf } from '../pool/series.ts';
import type { Chart } from './chart.ts';
import { type ChartEvent, drawnEvents, eventMarks } from './events.ts';
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
import { clock, figure, lasting, percent, shortened } from './words.ts';

/** What the chart of a pool's utilisation shows. */
export interface UtilisationChartInput {
  /** Per cent of the usable connections; those outside `from` to `to` are not drawn. */
  readonly points: readonly Point[];
  /** Per cent that counts as trouble. */
  readonly threshold: number;
  readonly events: readonly ChartEvent[];
  readonly from: Date;
  readonly to: Date;
  /** For example the pool's name. */
  readonly title: string;
  /** Points further apart than this, in ms, are not joined; 50 s when left out (three missed samples). */
  readonly gapMs?: number;
}

const LONGEST_TITLE = 38;

/** Reserved slots can lift it over 100: the axis then makes room, up to here. */
const HIGHEST = 200;
const GRID = [0, 25, 50, 75, 100];

/**
 * Draws how full the pool was, with the line of trouble and the incident's events.
 * @throws Error when pictures cannot be made on this platform: show the sparkline then
 */
export async function utilisationChart(input: UtilisationChartInput): Promise<Chart> {
  return { png: await renderPng(utilisationSvg(input)), alt: utilisationAlt(input) };
}

/** The chart as SVG. */
export function utilisationSvg(input: UtilisationChartInput): string {
  const { threshold, from, to } = input;
  const points = within(input, input.points);
  const series = seriesOf(points);
  const scale: Scale = { from, to, top: Math.min(HIGHEST, Math.max(105, (series?.peak.value ?? 0) * 1.05)) };
  const trouble = series !== undefined && series.now >= threshold;
  const fill = trouble ? COLOUR.danger : COLOUR.line;
  const newest = points.at(-1);
  return picture(WIDTH, HEIGHT, [
    heading(
      shortened(input.title, LONGEST_TITLE),
      { text: series === undefined ? 'no samples' : `${percent(series.now)} now`, fill },
      belowTitle(input),
    ),
    valueAxis(scale, GRID, (value) => percent(value)),
    timeAxis(scale),
    curve(scale, points, input.gapMs ?? GAP_MS),
    level(scale, threshold, COLOUR.danger),
    eventMarks(scale, input.events),
    words(`${figure(threshold)} %`, PLOT.left + 10, yOf(scale, threshold) + 30, {
      size: 24,
      bold: true,
      fill: COLOUR.danger,
      halo: COLOUR.paper,
    }),
    newest === undefined ? emptyNote('no samples in this time') : newestDot(scale, newest, fill),
  ]);
}

function belowTitle(input: UtilisationChartInput): string {
  const series = seriesOf(within(input, input.points));
  const times = `${clock(input.from)} to ${clock(input.to)} UTC`;
  if (series === undefined) return times;
  const full = series.fullAt !== undefined && series.now < 100 ? ` · full about ${clock(series.fullAt)}` : '';
  return `${times} · peak ${percent(series.peak.value)} at ${clock(series.peak.at)}${full}`;
}

/** What the chart says, in sentences. */
export function utilisationAlt(input: UtilisationChartInput): string {
  const span = lasting(+input.to - +input.from);
  const series = seriesOf(within(input, input.points));
  const head = `${shortened(input.title, 100)}: connections in use over the last ${span}, until ${clock(input.to)} UTC`;
  if (series === undefined) return `${head}. There are no samples.`;
  const slope = series.slopePerMinute;
  const trend =
    slope === undefined
      ? ''
      : Math.abs(slope) < 0.1
        ? ' It is flat.'
        : ` It is ${slope > 0 ? 'rising' : 'falling'} by ${figure(Math.abs(slope))} % a minute${series.fullAt === undefined || series.now >= 100 ? '' : `, full at about ${clock(series.fullAt)}`}.`;
  const side = series.now >= input.threshold ? 'over' : 'under';
  const events = drawnEvents(input, input.events).map(
    ({ at, label }) => `${clock(at)} ${shortened(label, 40)}`,
  );
  const marked = events.length === 0 ? '' : ` Marked: ${events.join('; ')}.`;
  return shortened(
    `${head}. Now ${percent(series.now)}, ${side} the line of ${percent(input.threshold)}; peak ${percent(series.peak.value)} at ${clock(series.peak.at)}.${trend}${marked}`,
    999,
  );
}
