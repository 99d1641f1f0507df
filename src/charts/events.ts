import { textWidth } from './font.ts';
import { COLOUR, PLOT, type Scale, xOf } from './frame.ts';
import { element, words } from './svg.ts';
import { shortened } from './words.ts';

/** Something that happened, marked on the chart. */
export interface ChartEvent {
  readonly at: Date;
  /** A word or three: `alert`, `approved by Ana`, `killed 3`. */
  readonly label: string;
}

const SIZE = 23;
const LONGEST_LABEL = 22;

/** Labels stand in up to four lines above the plot's bottom edge, each with a dot on its own upright, so that events close together stay legible. */
const LINES = 4;
const LINE_HEIGHT = 30;

/** More events than this make a fence of the chart; the newest are kept and the first. */
const MOST_EVENTS = 8;

/** Space that a label keeps from the next. */
const APART = 18;

/** The events that are drawn of all those between the edges, oldest first. */
export function drawnEvents(
  { from, to }: Pick<Scale, 'from' | 'to'>,
  events: readonly ChartEvent[],
): ChartEvent[] {
  const inside = events.filter(({ at }) => at >= from && at <= to).toSorted((a, b) => +a.at - +b.at);
  return inside.length <= MOST_EVENTS ? inside : [...inside.slice(0, 1), ...inside.slice(1 - MOST_EVENTS)];
}

/** Upright lines with their labels; a label for which no line has room is left out, its line stays. */
export function eventMarks(scale: Scale, events: readonly ChartEvent[]): string {
  const taken: (readonly [start: number, end: number])[][] = Array.from({ length: LINES }, () => []);
  const marks: string[] = [];
  const labels: string[] = [];
  for (const { at, label } of drawnEvents(scale, events)) {
    const x = xOf(scale, at);
    const text = shortened(label, LONGEST_LABEL);
    const width = textWidth(text, SIZE);
    const onLeft = x + width + APART > PLOT.right;
    const [start, end] = onLeft ? [x - APART - width, x] : [x, x + APART + width];
    const line = taken.findIndex((spans) => spans.every((span) => end < span[0] || start > span[1]));
    marks.push(
      element('line', {
        x1: x,
        x2: x,
        y1: PLOT.top,
        y2: PLOT.bottom,
        stroke: COLOUR.ink,
        'stroke-width': 2.5,
        'stroke-opacity': 0.75,
        'stroke-dasharray': '3 6',
      }),
    );
    if (line < 0) continue;
    taken[line]?.push([start, end]);
    const y = PLOT.bottom - 16 - (LINES - 1 - line) * LINE_HEIGHT;
    labels.push(
      element('circle', {
        cx: x,
        cy: y - 8,
        r: 6,
        fill: COLOUR.ink,
        stroke: COLOUR.paper,
        'stroke-width': 2,
      }),
      words(text, onLeft ? x - 13 : x + 13, y, {
        size: SIZE,
        fill: COLOUR.ink,
        anchor: onLeft ? 'end' : 'start',
        halo: COLOUR.paper,
      }),
    );
  }
  return marks.join('') + labels.join('');
}
