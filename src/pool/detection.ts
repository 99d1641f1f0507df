import type { DetectConfig } from '../config/types.ts';
import { BRIDGED_GAP_MS, orderedPoints, type Point } from './series.ts';

/** What the samples say about a pool now. */
export type Verdict =
  /** Nothing worth a word. */
  | 'none'
  /** Over `warn` for half a minute: the one quiet early warning. */
  | 'warn'
  /** Over `above` for as long as `for` says: an incident. */
  | 'open'
  /** A warning or an incident of before is over. */
  | 'clear';

/** A verdict, and since when what it speaks of has been so. */
export interface Detection {
  readonly verdict: Verdict;
  /** When the line was first crossed (`warn`, `open`); with `clear`, when the crossing began that is now over. */
  readonly since?: Date;
  /** With `clear`: what is over. */
  readonly over?: 'warn' | 'open';
}

/** A warning waits for a third sample, so that one deployment's reconnecting does not bring it. */
const WARN_FOR_MS = 30_000;

/** How far below its line the value must come, in per cent, and for how long, before it counts as over. */
const CLEAR_MARGIN = 5;
const CLEAR_FOR_MS = 60_000;

/** Moments of the walk, in milliseconds since 1970. */
interface Walk {
  level: 'calm' | 'warned' | 'open' | 'recovering';
  since: number;
  over: 'warn' | 'open' | undefined;
  aboveSince: number | undefined;
  warnSince: number | undefined;
  calmSince: number | undefined;
}

/**
 * Walks through the samples, oldest first, as through a machine of four states:
 *
 * - calm: goes to warned after half a minute at `warn` or over, to open after `for` at `above` or over
 * - warned: goes to open likewise; back to calm after a minute at 5 per cent below `warn`
 * - open: goes to recovering after a minute at 5 per cent below `above`
 * - recovering: gives no second warning; goes to open again after `for`, to calm like warned
 *
 * The state is where the samples lead and is kept nowhere, so every replica, and one that has just
 * started, comes to the same. Missed samples change nothing; what lies before a gap of more than ten
 * minutes does not count towards `for`.
 *
 * @param history per cent of utilisation; samples later than `now` are left out
 */
export function detection(history: readonly Point[], config: DetectConfig, now: Date): Detection {
  const walk: Walk = {
    level: 'calm',
    since: 0,
    over: undefined,
    aboveSince: undefined,
    warnSince: undefined,
    calmSince: undefined,
  };
  let before = Number.NaN;
  for (const { at, value } of orderedPoints(history)) {
    const time = at.getTime();
    if (time > now.getTime()) break;
    if (time - before > BRIDGED_GAP_MS) {
      walk.aboveSince = undefined;
      walk.warnSince = undefined;
      walk.calmSince = undefined;
    }
    step(walk, time, value, config);
    before = time;
  }
  return verdictOf(walk);
}

function step(walk: Walk, time: number, value: number, { above, forMs, warn }: DetectConfig): void {
  const lowest = warn ?? above;
  const leaving = walk.level === 'open' ? above : lowest;
  walk.aboveSince = value >= above ? (walk.aboveSince ?? time) : undefined;
  walk.warnSince = value >= lowest ? (walk.warnSince ?? time) : undefined;
  walk.calmSince = value < leaving - CLEAR_MARGIN ? (walk.calmSince ?? time) : undefined;

  if (walk.level !== 'open' && lasted(walk.aboveSince, time, forMs)) {
    walk.level = 'open';
    walk.since = walk.aboveSince ?? time;
    return;
  }
  if (walk.level === 'calm' && warn !== undefined && lasted(walk.warnSince, time, WARN_FOR_MS)) {
    walk.level = 'warned';
    walk.since = walk.warnSince ?? time;
    return;
  }
  if (walk.level === 'calm' || !lasted(walk.calmSince, time, CLEAR_FOR_MS)) return;
  if (walk.level === 'open') {
    walk.over = 'open';
    walk.level = 'recovering';
    // Calm below `above` is not yet calm below `warn`.
    walk.calmSince = value < lowest - CLEAR_MARGIN ? walk.calmSince : undefined;
  } else {
    if (walk.level === 'warned') walk.over = 'warn';
    walk.level = 'calm';
  }
}

function lasted(since: number | undefined, time: number, forMs: number): boolean {
  return since !== undefined && time - since >= forMs;
}

function verdictOf({ level, since, over }: Walk): Detection {
  if (level === 'warned') return { verdict: 'warn', since: new Date(since) };
  if (level === 'open') return { verdict: 'open', since: new Date(since) };
  return over === undefined ? { verdict: 'none' } : { verdict: 'clear', since: new Date(since), over };
}
