import { maskLogLine } from '../logs/mask-line.ts';
import { type Check, type CheckContext, CheckFailure, type CheckResult, counted } from './check.ts';

/** So many of the matching lines are shown, the newest. */
const SHOWN = 3;
const LOG_TIMEOUT_MS = 3_000;

/** Step 3: the application's log searched for the runbook's patterns. */
export const logs: Check<{ readonly lines: number; readonly patterns: readonly string[] }> = {
  name: 'logs',
  over: 'network',
  async run(context, { lines, patterns }) {
    if (context.config.logs === undefined) {
      throw new CheckFailure(
        'the application’s log is not configured',
        'set logs of the pool in lifeguard.yaml',
      );
    }
    return (await searchLog(context, patterns, lines, LOG_TIMEOUT_MS)).result;
  },
};

/** Counts the lines that hold each pattern, case aside; `total` counts the lines that hold any. */
export async function searchLog(
  context: Pick<CheckContext, 'readLog'>,
  patterns: readonly string[],
  lines: number,
  timeoutMs: number,
): Promise<{ readonly total: number; readonly result: CheckResult }> {
  const log = await context.readLog(lines, timeoutMs);
  const lowered = log.map((line) => line.toLowerCase());
  const counts = patterns.map((pattern): [string, number] => {
    const wanted = pattern.toLowerCase();
    return [pattern, lowered.filter((line) => line.includes(wanted)).length];
  });
  const hits = log.filter((_line, index) =>
    patterns.some((pattern) => lowered[index]?.includes(pattern.toLowerCase())),
  );
  const found = counts.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  return {
    total: hits.length,
    result: {
      findings: {
        headline: `${counted(hits.length, 'line')} of the last ${log.length} in the application’s log match`,
        lines: [
          ...found.map(([pattern, count]) => `“${pattern}”: ${count}`),
          ...hits.slice(-SHOWN).map((line) => maskLogLine(line)),
        ],
      },
      facts: { logs: { lines: log.length, matches: Object.fromEntries(counts) } },
    },
  };
}
