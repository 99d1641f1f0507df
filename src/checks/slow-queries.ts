import type { StatementFact, StatementFacts } from '../incident/facts.ts';
import { duration } from '../incident/words.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import {
  type Counter,
  findStatements,
  readCounters,
  readTexts,
  type StatementCounters,
  type StatementsExtension,
  since,
  sum,
} from '../pool/statements.ts';
import { pause, systemTimers } from '../pool/timers.ts';
import type { BuiltinParams } from '../runbook/builtin.ts';
import { CHECK_TIMEOUT_MS, type Check, CheckFailure } from './check.ts';

/** Without an earlier reading two are taken this far apart, to see what runs now. */
const WINDOW_MS = 400;
/** A baseline older than this says little about how many calls a second there are now. */
const RECENT_MS = 120_000;
const LEAST_WINDOW_MS = 100;

/** Our own questions are not the patient's load. */
const OURS = /pg_stat_activity|pg_stat_statements|pg_blocking_pids|pg_catalog\.set_config/;

/** Step 5: the statements that take the time, since the incident began as well as in total. */
export const slowQueries: Check<BuiltinParams<'slow_queries'>> = {
  name: 'slow_queries',
  over: 'lifeline',
  async run({ lifeline, baseline }, { top, overMs }) {
    const extension = await findStatements(lifeline);
    if ('missing' in extension) throw new CheckFailure(extension.missing, extension.mend);
    const isRecent = (from: StatementCounters | undefined, now: StatementCounters): boolean =>
      from !== undefined && now.at - from.at <= RECENT_MS && now.at - from.at >= LEAST_WINDOW_MS;
    let now = await readCounters(lifeline, extension, CHECK_TIMEOUT_MS);
    let earlier = baseline;
    if (!isRecent(earlier, now)) {
      earlier = now;
      await pause(systemTimers, WINDOW_MS);
      now = await readCounters(lifeline, extension, CHECK_TIMEOUT_MS);
    }
    const before = baseline === undefined || sum(since(baseline, now)).calls === 0 ? undefined : baseline;
    const span = before === undefined ? now : since(before, now);
    const facts: StatementFacts = {
      top: await topOf(lifeline, extension, span, before, top),
      window: before === undefined ? 'total' : 'incident',
      ...(earlier === undefined ? {} : ratesOf(earlier, now)),
    };
    const slow = facts.top.filter((one) => one.meanMs >= overMs);
    const lines = facts.top.slice(0, 5).map(lineOf);
    if (before !== undefined) {
      const inTotal = await topOf(lifeline, extension, now, undefined, 3);
      lines.push('In total, since the statistics were reset:', ...inTotal.map(lineOf));
    }
    const rate =
      facts.callsPerSecond === undefined ? '' : `, ${Math.round(facts.callsPerSecond)} calls a second`;
    const over = before === undefined ? 'in total' : 'since the incident began';
    return {
      findings: {
        headline: `${slow.length} of the ${facts.top.length} heaviest statements take ${duration(overMs)} or more on average ${over}${rate}`,
        lines,
        verdict: slow.length > 0 ? 'warn' : 'ok',
      },
      facts: { statements: facts },
    };
  },
};

async function topOf(
  lifeline: Lifeline,
  extension: StatementsExtension,
  span: StatementCounters,
  before: StatementCounters | undefined,
  top: number,
): Promise<StatementFact[]> {
  const all = sum(span).totalMs;
  // A few more than asked for, since our own are taken out once their texts are known.
  const heaviest = [...span.byKey]
    .sort(([, one], [, other]) => other.totalMs - one.totalMs)
    .slice(0, top + 10);
  const texts = await readTexts(
    lifeline,
    extension,
    heaviest.map(([key]) => key),
    CHECK_TIMEOUT_MS,
  );
  return heaviest
    .map(([key, counter]) => factOf(texts.get(key) ?? '', counter, all, before?.byKey.get(key)))
    .filter((fact) => fact.query !== '' && !OURS.test(fact.query))
    .slice(0, top);
}

function factOf(query: string, counter: Counter, allMs: number, before: Counter | undefined): StatementFact {
  const meanMs = counter.totalMs / counter.calls;
  const meanBefore = before === undefined || before.calls === 0 ? 0 : before.totalMs / before.calls;
  return {
    query,
    calls: counter.calls,
    meanMs: rounded(meanMs),
    share: allMs === 0 ? 0 : rounded(counter.totalMs / allMs),
    ...(meanBefore > 0 ? { slowdown: rounded(meanMs / meanBefore) } : {}),
  };
}

function ratesOf(earlier: StatementCounters, now: StatementCounters) {
  const { calls, totalMs } = sum(since(earlier, now));
  const seconds = Math.max(1, now.at - earlier.at) / 1_000;
  return {
    callsPerSecond: rounded(calls / seconds),
    ...(calls === 0 ? {} : { meanMs: rounded(totalMs / calls) }),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

function lineOf(fact: StatementFact): string {
  const slower =
    fact.slowdown !== undefined && fact.slowdown >= 2
      ? `, ${fact.slowdown.toFixed(1)} times as slow as before`
      : '';
  return `${(fact.share * 100).toFixed(0)} % of the time, ${fact.calls} calls, ${fact.meanMs.toFixed(1)} ms on average${slower}: ${fact.query}`;
}
