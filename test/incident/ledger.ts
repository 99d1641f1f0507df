import type { Event, EventOf } from '../../src/incident/events.ts';
import { BEGIN, LEVELS, MINUTE, POLICY } from './given.ts';
import type { Turn } from './outage.ts';

/** One page that went out. */
export interface Page {
  readonly firing: number;
  readonly level: number;
  readonly moment: number;
  readonly event: EventOf<'LevelReached'>;
}

/** A level that is due and needed, and since when by the clock that never goes back. */
export interface Debt {
  readonly level: number;
  readonly since: number;
}

/**
 * Keeps account of one outage by the words of the runbook alone, beside the core: what is known to be so, which
 * levels are owed, which pages went out. It reads the facts of the events, and none of the core's rules.
 */
export class Ledger {
  readonly pages: Page[] = [];
  readonly faults: string[] = [];
  firing = 0;
  #open = false;
  #startsAt = 0;
  #known = new Set<string>();
  #reached = new Set<number>();
  #used = new Set<string>();
  /** By level: the time to which it was put off. */
  #snoozed = new Map<number, number>();
  #putOff = new Set<number>();
  #debts = new Map<number, number>();

  /** Takes a turn of the story into account, and notes what should not have been. */
  take({ out, moment }: Turn): void {
    for (const event of out.events) this.#event(event, moment);
    const triggers = out.effects.flatMap((effect) =>
      effect.kind === 'pagerduty.event' && effect.payload.action === 'trigger' ? [effect.payload.level] : [],
    );
    const reached = out.events.flatMap((event) => (event.type === 'LevelReached' ? [event.level] : []));
    if (triggers.join() !== reached.join()) this.faults.push(`paged ${triggers}, reached ${reached}`);
    this.#account(moment);
  }

  /** What is owed now. */
  debts(): Debt[] {
    return [...this.#debts].map(([level, since]) => ({ level, since }));
  }

  /** When a level falls due by the runbook, by the store's clock. */
  #dueAt(level: number): number {
    const until = [...this.#snoozed].filter(([put]) => put <= level).map(([, time]) => time);
    return Math.max(this.#startsAt + (LEVELS[level - 1]?.afterMs ?? 0), ...until);
  }

  #isNeeded(level: number): boolean {
    const unless = LEVELS[level - 1]?.unless;
    return this.#open && !this.#reached.has(level) && !(unless !== undefined && this.#known.has(unless));
  }

  #event(event: Event, moment: number): void {
    switch (event.type) {
      case 'IncidentOpened':
      case 'IncidentReopened':
        this.firing += 1;
        this.#open = true;
        this.#startsAt = Date.parse(event.startsAt);
        for (const one of [
          this.#known,
          this.#reached,
          this.#used,
          this.#snoozed,
          this.#putOff,
          this.#debts,
        ]) {
          one.clear();
        }
        return;
      case 'Resolved':
        this.#open = false;
        return;
      case 'Acknowledged':
        this.#known.add('acknowledged');
        return;
      case 'RootCauseNamed':
        this.#known.add('root_cause_identified');
        return;
      case 'Snoozed':
        this.#snooze(event);
        return;
      case 'DatabaseUnresponsive':
      case 'ServicesAffected':
      case 'DataCorruptionSuspected':
        if ([...this.#snoozed.values()].some((until) => until > Date.parse(event.at))) this.#snoozed.clear();
        return;
      case 'LevelReached':
        this.#level(event, moment);
        return;
    }
  }

  #snooze({ level, until }: EventOf<'Snoozed'>): void {
    const lowest = LEVELS.findIndex((_one, index) => this.#isNeeded(index + 1)) + 1;
    if (level !== lowest) this.faults.push(`level ${level} was put off instead of level ${lowest}`);
    if (this.#putOff.has(level)) this.faults.push(`level ${level} was put off twice`);
    if (Date.parse(until) !== this.#dueAt(level) + 10 * MINUTE) this.faults.push(`put off until ${until}`);
    this.#putOff.add(level);
    this.#snoozed.set(level, Date.parse(until));
  }

  #level(event: EventOf<'LevelReached'>, moment: number): void {
    const { level, why } = event;
    const say = (what: string): void => void this.faults.push(`level ${level} (${why}) ${what}`);
    this.pages.push({ firing: this.firing, level, moment, event });
    if (!this.#open) say('of a resolved incident');
    if (this.#reached.has(level)) say('twice');
    if (why === 'due') this.#due(event, say);
    if (event.condition !== undefined) {
      if (this.#used.has(event.condition)) say(`by ${event.condition} a second time`);
      if (POLICY.escalation.atOnce[event.condition] !== level) say(`is not for ${event.condition}`);
      this.#used.add(event.condition);
    }
    this.#reached.add(level);
  }

  #due(event: EventOf<'LevelReached'>, say: (what: string) => void): void {
    if (!this.#isNeeded(event.level)) say('was not needed');
    const lateMs = Date.parse(event.at) - this.#dueAt(event.level);
    if (lateMs < 0) say(`${-lateMs} ms early`);
    const isSaid = event.level > 1 && lateMs > 2_000;
    if (event.lateMs !== (isSaid ? lateMs : undefined)) say(`says ${event.lateMs} ms late for ${lateMs}`);
  }

  #account(moment: number): void {
    for (let level = 1; level <= LEVELS.length; level += 1) {
      const due = this.#dueAt(level) - BEGIN;
      if (!this.#isNeeded(level) || moment < due) this.#debts.delete(level);
      else if (!this.#debts.has(level)) this.#debts.set(level, Math.max(due, 0));
    }
  }
}
