import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';
import { CLOCK_BACK_MS, LATEST_RING_MS, liveOutage } from './outage.ts';

/** Two outages a day. */
const OUTAGES_A_YEAR = 730;

/** How many years are lived: one in `npm test`, as many as you like by the variable. */
const YEARS = Number(process.env['LIFEGUARD_TEST_YEARS'] ?? 1);

/** The same years for the same number. */
const SEED = Number(process.env['LIFEGUARD_TEST_SEED'] ?? 5);

test('a year of random outages: no page missed, none doubled, none for a resolved incident, none early', {
  timeout: 30_000 * Math.max(1, YEARS),
}, () => {
  const seen = {
    pages: 0,
    late: 0,
    levels: new Set<number>(),
    whys: new Set<string>(),
    firings: 0,
    snoozes: 0,
  };
  for (let n = 0; n < YEARS * OUTAGES_A_YEAR; n += 1) {
    const seed = SEED * 1_000_003 + n;
    const ledger = new Ledger();
    const outage = liveOutage(seed, (turn, { upMs }) => {
      // What was owed before this turn has waited until now.
      for (const { level, since } of ledger.debts()) {
        const waited = upMs(since, turn.moment);
        if (waited > LATEST_RING_MS + CLOCK_BACK_MS) {
          ledger.faults.push(`level ${level} is missing for ${waited} ms of a bot that is up`);
        }
      }
      ledger.take(turn);
    });
    const left = ledger.debts().map(({ level }) => `level ${level} was never called`);
    expect([...ledger.faults, ...left], `seed ${seed}`).toEqual([]);
    seen.pages += ledger.pages.length;
    seen.firings += ledger.firing;
    seen.late += ledger.pages.filter(({ event }) => event.lateMs !== undefined).length;
    seen.snoozes += outage.story.events.filter(({ type }) => type === 'Snoozed').length;
    for (const { level, event } of ledger.pages) {
      seen.levels.add(level);
      seen.whys.add(event.condition ?? event.why);
    }
  }
  // The year was no quiet one: everything that can call somebody has.
  expect([...seen.levels].sort()).toEqual([1, 2, 3, 4]);
  expect([...seen.whys].sort()).toEqual([
    'asked',
    'data_corruption',
    'database_unresponsive',
    'due',
    'multiple_services',
  ]);
  expect(seen.firings).toBeGreaterThan(YEARS * OUTAGES_A_YEAR);
  for (const count of [seen.pages, seen.late, seen.snoozes]) expect(count).toBeGreaterThan(100 * YEARS);
});
