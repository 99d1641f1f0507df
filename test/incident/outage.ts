import type { Command } from '../../src/incident/commands.ts';
import { randomFrom } from '../support/random.ts';
import { ALICE, at, cleared, firing, MINUTE, notification, RITA, SECOND, Story } from './given.ts';

/** Something that happens at a moment of the outage, in milliseconds after its beginning. */
interface Happening {
  readonly at: number;
  readonly command: Command;
  /** Alertmanager tries again until the bot is up; a person's press on a bot that is down is lost. */
  readonly isKept: boolean;
}

/** A stretch of time without a bot. */
interface Away {
  readonly from: number;
  readonly to: number;
}

/** One outage as it went, command by command. */
export interface Outage {
  readonly story: Story;
  /** How long the bot was up between two moments. */
  upMs(from: number, to: number): number;
}

/** What a look at the story is told besides the story itself. */
export interface Turn {
  readonly command: Command;
  readonly out: ReturnType<Story['when']>;
  /** The moment by a clock that never goes back. */
  readonly moment: number;
}

/** A timer rings at the latest this long after its due time, while the bot is up: late, or lost and then swept. */
export const LATEST_RING_MS = 75 * SECOND;

/** The store's clock may be set back by so much. */
export const CLOCK_BACK_MS = 3 * SECOND;

/** How an outage can go on after its alert has cleared: it fires again within the half hour, or never. */
const MOST_FIRINGS = 3;

/**
 * Lives one random outage: alerts with repeats, people who acknowledge, escalate, snooze, hand over, name a cause or
 * do nothing; a database that falls silent; related alerts; a bot that is away for seconds or hours; timers that
 * ring late, twice, too early, or are lost until the sweeper finds them; a clock that is set back by seconds.
 *
 * @param look called after each command
 */
export function liveOutage(seed: number, look: (turn: Turn, outage: Outage) => void): Outage {
  const random = randomFrom(seed);
  const story = new Story();
  const aways = awaysOf(random);
  const upMs = (from: number, to: number): number =>
    to -
    from -
    aways.reduce((sum, away) => sum + Math.max(0, Math.min(to, away.to) - Math.max(from, away.from)), 0);
  const outage: Outage = { story, upMs };
  const queue: Happening[] = happenings(random);
  const add = (happening: Happening): void => void queue.push(happening);
  const awayAt = (moment: number) => aways.find(({ from, to }) => from <= moment && moment < to);

  for (;;) {
    queue.sort((one, other) => one.at - other.at);
    const next = queue.shift();
    if (next === undefined) return outage;
    const away = awayAt(next.at);
    if (away !== undefined) {
      if (next.isKept) add({ ...next, at: away.to + random() * SECOND });
      continue;
    }
    const back = random() < 0.2 ? random() * CLOCK_BACK_MS : 0;
    const out = story.at(Math.max(0, Math.floor(next.at - back))).when(next.command);
    for (const effect of out.effects) {
      if (effect.kind !== 'timer' || effect.payload.command !== 'CheckEscalation') continue;
      const due = Date.parse(effect.due ?? '') - Date.parse(at(0));
      for (const ring of ringsOf(random, due)) {
        add({ at: Math.max(ring, next.at), command: { type: 'CheckEscalation' }, isKept: true });
      }
    }
    look({ command: next.command, out, moment: next.at }, outage);
  }
}

/** When a timer rings. A clock that was set back lets it ring too early: then the sweeper brings it again. */
function ringsOf(random: () => number, due: number): number[] {
  const kind = random();
  const inTime = due + CLOCK_BACK_MS + random() * 2 * SECOND;
  if (kind < 0.1) return [due + 30 * SECOND + random() * 40 * SECOND];
  if (kind < 0.2) return [due + random() * 20 * SECOND + CLOCK_BACK_MS];
  if (kind < 0.4) return [due - random() * MINUTE, inTime, inTime + random() * 5 * MINUTE];
  return [inTime];
}

function awaysOf(random: () => number): Away[] {
  if (random() < 0.5) return [];
  const aways: Away[] = [];
  let from = 0;
  for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
    from += random() * 30 * MINUTE;
    const lasts = random() < 0.2 ? random() * 5 * 60 * MINUTE : random() * 12 * MINUTE;
    aways.push({ from, to: from + lasts });
    from += lasts;
  }
  return aways;
}

function happenings(random: () => number): Happening[] {
  const found: Happening[] = [];
  const alert = (moment: number, command: Command): void =>
    void found.push({ at: moment, command, isKept: true });
  const press = (moment: number, command: Command): void =>
    void found.push({ at: moment, command, isKept: false });
  let begin = random() * 2 * MINUTE;
  for (let firings = 1 + Math.floor(random() * MOST_FIRINGS); firings > 0; firings -= 1) {
    const lasts = random() < 0.3 ? random() * 4 * MINUTE : random() * 70 * MINUTE;
    const since = Math.floor(begin);
    for (let repeat = begin; repeat < begin + lasts; repeat += 5 * MINUTE) {
      alert(repeat, notification(firing('f1', since)));
      if (random() < 0.2) alert(repeat + random() * SECOND, notification(firing('f1', since)));
    }
    for (let acts = Math.floor(random() * 7); acts > 0; acts -= 1) {
      press(begin + random() * lasts * 1.2, actOf(random, since));
    }
    if (random() < 0.9) {
      alert(begin + lasts, notification(cleared('f1', Math.floor(begin + lasts), since)));
      alert(begin + lasts, notification(cleared('HighAPILatency', Math.floor(begin + lasts), since)));
    }
    begin += lasts + MINUTE + random() * 28 * MINUTE;
  }
  return found;
}

function actOf(random: () => number, since: number): Command {
  const by = random() < 0.5 ? RITA : ALICE;
  const acts: readonly Command[] = [
    { type: 'Acknowledge', by },
    { type: 'Acknowledge', by },
    { type: 'Snooze', by, reason: 'the restart is under way' },
    { type: 'Snooze', by, reason: 'looking' },
    { type: 'Escalate', by },
    { type: 'Escalate', by, level: 1 + Math.floor(random() * 4) },
    { type: 'HandOver', by, to: by === RITA ? ALICE : RITA },
    { type: 'NameRootCause', by, title: 'a leak' },
    { type: 'SuspectDataCorruption', by },
    { type: 'RecordUnresponsive', since: at(since) },
    { type: 'RecordResponsive' },
    { type: 'Resolve', by },
    notification({
      ...firing('HighAPILatency', since),
      labels: { alertname: 'HighAPILatency', severity: 'critical' },
    }),
  ];
  return acts[Math.floor(random() * acts.length)] ?? { type: 'CheckEscalation' };
}
