/** A measured value at a moment: per cent of utilisation, requests a minute, whatever is drawn. */
export interface Point {
  readonly at: Date;
  readonly value: number;
}

/** What a run of samples says. Values are in the points' own unit. */
export interface Series {
  /** The newest value. */
  readonly now: number;
  readonly peak: Point;
  /** Change a minute over the last ten minutes; absent with too little to tell by. */
  readonly slopePerMinute?: number;
  /** When the line reaches 100 at this rate; absent when it is flat or falling, or further off than a day. */
  readonly fullAt?: Date;
  /** How often no sample came for longer than samples may be apart. */
  readonly gaps: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Full means all usable connections are taken. */
const FULL = 100;

/** The stretch that the slope is taken from. */
const SLOPE_WINDOW_MS = 10 * MINUTE_MS;

/** A slope from less than this is noise: two samples 15 s apart can say anything. */
const SLOPE_LEAST_SPAN_MS = 45 * SECOND_MS;
const SLOPE_LEAST_POINTS = 4;

/** More points than this are thinned before the slopes of all pairs are taken: the work grows with the square. */
const SLOPE_MOST_POINTS = 60;

/** Below this a line is called flat: a tenth of a per cent a minute takes hours to matter. */
const FLAT_PER_MINUTE = 0.1;

/** Samples come every 15 s; three missed in a row, and a little, is a gap. */
export const GAP_MS = 50 * SECOND_MS;

/**
 * Sums up samples; `undefined` when there are none. The points may come in any order; values that are
 * not numbers are left out, so a missed sample is a gap and never a zero.
 */
export function seriesOf(points: readonly Point[]): Series | undefined {
  const ordered = orderedPoints(points);
  const last = ordered.at(-1);
  if (last === undefined) return undefined;
  const peak = ordered.reduce((highest, point) => (point.value >= highest.value ? point : highest));
  const slope = slopePerMinute(ordered);
  const full = slope === undefined ? undefined : fullAt(last, slope);
  return {
    now: last.value,
    peak,
    gaps: gapsOf(ordered),
    ...(slope === undefined ? {} : { slopePerMinute: slope }),
    ...(full === undefined ? {} : { fullAt: full }),
  };
}

/** The points in the order of time, without those whose value or moment is not a number. */
export function orderedPoints(points: readonly Point[]): Point[] {
  return points
    .filter(({ at, value }) => Number.isFinite(value) && Number.isFinite(at.getTime()))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * The slope by Theil and Sen: the median of the slopes of all pairs, which a single wild sample cannot
 * turn. Only what follows the newest gap counts, for nobody knows what happened in it.
 */
function slopePerMinute(ordered: readonly Point[]): number | undefined {
  const recent = thinned(afterLastGap(window(ordered, SLOPE_WINDOW_MS)), SLOPE_MOST_POINTS);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined || recent.length < SLOPE_LEAST_POINTS) return undefined;
  if (last.at.getTime() - first.at.getTime() < SLOPE_LEAST_SPAN_MS) return undefined;
  const slopes: number[] = [];
  recent.forEach((from, index) => {
    for (const to of recent.slice(index + 1)) {
      const minutes = (to.at.getTime() - from.at.getTime()) / MINUTE_MS;
      if (minutes > 0) slopes.push((to.value - from.value) / minutes);
    }
  });
  return median(slopes);
}

function fullAt(last: Point, slope: number): Date | undefined {
  if (last.value >= FULL) return last.at;
  if (slope < FLAT_PER_MINUTE) return undefined;
  const inMs = ((FULL - last.value) / slope) * MINUTE_MS;
  return inMs > DAY_MS ? undefined : new Date(last.at.getTime() + inMs);
}

/** A gap of up to this length does not end a stretch; after a longer one nobody can say what was in it. */
export const BRIDGED_GAP_MS = 10 * MINUTE_MS;

/**
 * Since when the values have been at `threshold` or above without a break, up to the newest one;
 * `undefined` when the newest is below. A short gap with the value over on both sides does not end the
 * stretch: while the database does not answer it is hardly well, and an alert must not start afresh.
 */
export function aboveSince(points: readonly Point[], threshold: number): Date | undefined {
  let since: Date | undefined;
  let before: Point | undefined;
  for (const point of orderedPoints(points)) {
    const torn = before !== undefined && point.at.getTime() - before.at.getTime() > BRIDGED_GAP_MS;
    if (point.value < threshold) since = undefined;
    else if (torn) since = point.at;
    else since ??= point.at;
    before = point;
  }
  return since;
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const SPARKLINE_WIDTH = 24;

/** Where a sparkline begins and ends, its height and how many characters it has. */
export interface SparklineOptions {
  readonly from: Date;
  readonly to: Date;
  /** The value that fills a whole character; 100 when left out. */
  readonly top?: number;
  readonly width?: number;
}

/**
 * The values as a line of bars, for where pictures are refused. Each character is the highest value of
 * its stretch of time; a stretch without a sample is a middle dot.
 */
export function sparkline(points: readonly Point[], options: SparklineOptions): string {
  const { from, to, top = FULL, width = SPARKLINE_WIDTH } = options;
  const highest = new Array<number>(width).fill(Number.NaN);
  const span = to.getTime() - from.getTime();
  for (const { at, value } of orderedPoints(points)) {
    const share = (at.getTime() - from.getTime()) / span;
    if (!(share >= 0 && share <= 1)) continue;
    const cell = Math.min(width - 1, Math.floor(share * width));
    const was = highest[cell];
    highest[cell] = was === undefined || Number.isNaN(was) ? value : Math.max(was, value);
  }
  return highest.map((value) => barOf(value, top)).join('');
}

function barOf(value: number, top: number): string {
  if (Number.isNaN(value)) return '·';
  const share = top > 0 ? value / top : 0;
  const level = Math.min(BARS.length - 1, Math.max(0, Math.ceil(share * BARS.length) - 1));
  return BARS[level] ?? BARS[0];
}

/** Splits ordered points where they are further apart than `gapMs`, so that a line is not drawn across. */
export function stretches(points: readonly Point[], gapMs: number = GAP_MS): Point[][] {
  const parts: Point[][] = [];
  let before: Point | undefined;
  for (const point of orderedPoints(points)) {
    if (before === undefined || point.at.getTime() - before.at.getTime() > gapMs) parts.push([]);
    parts.at(-1)?.push(point);
    before = point;
  }
  return parts;
}

function gapsOf(ordered: readonly Point[]): number {
  return Math.max(0, stretches(ordered).length - 1);
}

function afterLastGap(ordered: readonly Point[]): readonly Point[] {
  return stretches(ordered).at(-1) ?? [];
}

function window(ordered: readonly Point[], lengthMs: number): Point[] {
  const last = ordered.at(-1);
  if (last === undefined) return [];
  return ordered.filter(({ at }) => at.getTime() >= last.at.getTime() - lengthMs);
}

/** At most `most` of the points, evenly, the first and the last among them. */
function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}
