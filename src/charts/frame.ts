import { orderedPoints, type Point, stretches } from '../pool/series.ts';
import { element, path, words } from './svg.ts';
import { clock } from './words.ts';

/** Slack shows a picture in a thread about 360 px wide on a phone: a third of this, so words are large here. */
export const WIDTH = 1200;
export const HEIGHT = 500;

/** Where the lines are drawn. */
export const PLOT = { left: 92, right: 1170, top: 128, bottom: 440 } as const;

/** Colours that hold up on white, for the colour-blind too: what matters differs in lightness and in form. */
export const COLOUR = {
  ink: '#1d1c1d',
  soft: '#616061',
  grid: '#e6e6e6',
  axis: '#b5b5b5',
  line: '#1264a3',
  area: '#1264a3',
  danger: '#c0152f',
  baseline: '#8a6100',
  paper: '#ffffff',
} as const;

const AXIS_SIZE = 24;
const MINUTE_MS = 60_000;

/** Steps between times on the axis that people count in, in minutes. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440];
const MOST_TIMES = 7;

/** From moments and values to pixels. */
export interface Scale {
  readonly from: Date;
  readonly to: Date;
  /** The value at the top edge; 0 is at the bottom. */
  readonly top: number;
}

/** Where a moment lies, in px. */
export function xOf({ from, to }: Scale, at: Date): number {
  const span = Math.max(1, to.getTime() - from.getTime());
  const share = (at.getTime() - from.getTime()) / span;
  return PLOT.left + Math.min(1, Math.max(0, share)) * (PLOT.right - PLOT.left);
}

/** Where a value lies, in px. */
export function yOf({ top }: Scale, value: number): number {
  const share = Math.min(1, Math.max(0, value / top));
  return PLOT.bottom - share * (PLOT.bottom - PLOT.top);
}

/** Grid lines and what they stand for. */
export function valueAxis(scale: Scale, values: readonly number[], label: (value: number) => string): string {
  return values
    .map((value) => {
      const y = yOf(scale, value);
      const stroke = value === 0 ? COLOUR.axis : COLOUR.grid;
      return (
        element('line', { x1: PLOT.left, x2: PLOT.right, y1: y, y2: y, stroke, 'stroke-width': 2 }) +
        words(label(value), PLOT.left - 14, y + 8, { size: AXIS_SIZE, fill: COLOUR.soft, anchor: 'end' })
      );
    })
    .join('');
}

/** Round times along the bottom edge, in UTC. */
export function timeAxis(scale: Scale): string {
  const spanMs = scale.to.getTime() - scale.from.getTime();
  const step = TIME_STEPS.find((minutes) => spanMs / (minutes * MINUTE_MS) <= MOST_TIMES) ?? 1_440;
  const stepMs = step * MINUTE_MS;
  const marks: string[] = [];
  for (let at = Math.ceil(scale.from.getTime() / stepMs) * stepMs; at <= scale.to.getTime(); at += stepMs) {
    const x = xOf(scale, new Date(at));
    marks.push(
      element('line', {
        x1: x,
        x2: x,
        y1: PLOT.bottom,
        y2: PLOT.bottom + 8,
        stroke: COLOUR.axis,
        'stroke-width': 2,
      }),
    );
    const room = 34;
    const inside = Math.min(Math.max(x, PLOT.left + room - 30), PLOT.right - room);
    marks.push(
      words(clock(new Date(at)), inside, PLOT.bottom + 38, {
        size: AXIS_SIZE,
        fill: COLOUR.soft,
        anchor: 'middle',
      }),
    );
  }
  return marks.join('');
}

/** The samples within the scale as a line with its area; broken where samples are missing. */
export function curve(scale: Scale, points: readonly Point[], gapMs: number): string {
  return stretches(within(scale, points), gapMs)
    .map((part) => {
      const pixels = part.map(({ at, value }) => [xOf(scale, at), yOf(scale, value)] as const);
      const [first, last] = [pixels[0], pixels.at(-1)];
      if (first === undefined || last === undefined) return '';
      if (pixels.length === 1)
        return element('circle', { cx: first[0], cy: first[1], r: 4, fill: COLOUR.line });
      const outline = path(pixels);
      const area = `${outline}L${last[0]} ${PLOT.bottom}L${first[0]} ${PLOT.bottom}Z`;
      return (
        element('path', { d: area, fill: COLOUR.area, 'fill-opacity': 0.13 }) +
        element('path', {
          d: outline,
          fill: 'none',
          stroke: COLOUR.line,
          'stroke-width': 4,
          'stroke-linejoin': 'round',
          'stroke-linecap': 'round',
        })
      );
    })
    .join('');
}

/** A level across the plot. */
export function level(scale: Scale, value: number, stroke: string): string {
  const y = yOf(scale, value);
  return element('line', {
    x1: PLOT.left,
    x2: PLOT.right,
    y1: y,
    y2: y,
    stroke,
    'stroke-width': 3,
    'stroke-dasharray': '14 9',
  });
}

/** The newest value as a dot. */
export function newestDot(scale: Scale, point: Point, fill: string): string {
  return element('circle', {
    cx: xOf(scale, point.at),
    cy: yOf(scale, point.value),
    r: 9,
    fill,
    stroke: COLOUR.paper,
    'stroke-width': 4,
  });
}

/** The points that lie between the edges, oldest first. */
export function within({ from, to }: Pick<Scale, 'from' | 'to'>, points: readonly Point[]): Point[] {
  return orderedPoints(points).filter(({ at }) => at >= from && at <= to);
}

/** Title on the left, the figure that matters most on the right, and a line of words below. */
export function heading(title: string, told: { text: string; fill: string }, below: string): string {
  return (
    words(title, 30, 50, { size: 32, bold: true, fill: COLOUR.ink }) +
    words(told.text, PLOT.right, 52, { size: 40, bold: true, fill: told.fill, anchor: 'end' }) +
    words(below, 30, 90, { size: 25, fill: COLOUR.soft })
  );
}

/** What is said in the middle where there is nothing to draw. */
export function emptyNote(text: string): string {
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return words(text, (PLOT.left + PLOT.right) / 2, middle, {
    size: 30,
    fill: COLOUR.soft,
    anchor: 'middle',
    halo: COLOUR.paper,
  });
}
