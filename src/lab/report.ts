import { FAULTS } from './faults/index.ts';
import { LAB_MINUTE_MS, type Outcome } from './run.ts';
import { firstOf, isTop1, isTop2, reliability, scoreOf } from './score.ts';

/** The figures of a lab session as Markdown. */
export function report(outcomes: readonly Outcome[], seed: number): string {
  const score = scoreOf(outcomes);
  const times = outcomes.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
  const at = (share: number) => `${Math.round(times[Math.floor(share * (times.length - 1))] ?? 0)} ms`;
  return [
    `${score.runs} runs, seed ${seed}; a minute takes ${LAB_MINUTE_MS / 1_000} s. Written by \`npm run lab\`.`,
    '',
    '| what | figure | goal |',
    '| --- | ---: | ---: |',
    `| right cause first (top-1) | ${ratio(score.top1, score.faulty)} | ≥ 95 % |`,
    `| all true causes in the first two (top-2) | ${ratio(score.top2, score.faulty)} | |`,
    `| false alarms on healthy | ${score.falseAlarms} of ${score.healthy} | 0 |`,
    `| first check to verdict, p50 / p95 / worst | ${at(0.5)} / ${at(0.95)} / ${at(1)} | ≤ 3 s |`,
    '',
    '### By state',
    '',
    '| state | runs | top-1 | top-2 | named first |',
    '| --- | ---: | ---: | ---: | --- |',
    ...FAULTS.map(({ name }) => byState(name, outcomes)),
    '',
    '### What a probability is worth',
    '',
    'Every cause named, at any rank, by the probability it was given.',
    '',
    '| probability given | named | was right |',
    '| ---: | ---: | ---: |',
    ...reliability(outcomes).map(
      ({ probability, named, right }) => `| ${probability} | ${named} | ${ratio(right, named)} |`,
    ),
  ].join('\n');
}

function byState(name: string, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter(({ state }) => state === name);
  const isHealthy = own.every(({ truth }) => truth.length === 0);
  const named = new Map<string, number>();
  for (const outcome of own) named.set(firstOf(outcome), (named.get(firstOf(outcome)) ?? 0) + 1);
  const list = [...named]
    .sort(([, one], [, other]) => other - one)
    .map(([cause, times]) => `${cause} ${times}`)
    .join(', ');
  const top1 = isHealthy ? own.filter(({ verdict }) => verdict.causes.length === 0) : own.filter(isTop1);
  const top2 = isHealthy ? top1 : own.filter(isTop2);
  return `| ${name} | ${own.length} | ${top1.length} | ${top2.length} | ${list} |`;
}

function ratio(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((part / whole) * 100).toFixed(1)} % (${part} of ${whole})`;
}

/** Puts `text` between the markers of `page`; throws when they are not there. */
export function between(page: string, text: string): string {
  const [start, end] = ['<!-- lab:start -->', '<!-- lab:end -->'];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the page has no ${start} and ${end}`);
  return `${page.slice(0, from + start.length)}\n${text}\n${page.slice(to)}`;
}
