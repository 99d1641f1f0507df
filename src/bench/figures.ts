import { cpus } from 'node:os';

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly number[];
  readonly goal?: string;
}

/** The value below which `p` per cent of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil((p / 100) * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** The figures as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const figures =
      row.samples.length === 1
        ? [row.samples[0] ?? Number.NaN]
        : [50, 95, 99].map((p) => percentile(row.samples, p));
    const [p50 = Number.NaN, p95, p99] = figures;
    const show = (value: number | undefined): string =>
      value === undefined ? '' : `${round(value)} ${row.unit}`;
    return `| ${row.name} | ${show(p50)} | ${show(p95)} | ${show(p99)} | ${row.samples.length} | ${row.goal ?? ''} |`;
  });
  return [
    '| what | p50 | p95 | p99 | runs | goal |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...lines,
  ].join('\n');
}

/** Prints the machine and the figures. */
export function printTable(rows: readonly Row[]): void {
  const { cores, processor, node } = machine();
  console.log(`${cores} cores, ${processor}, Node ${node}`);
  console.log(table(rows));
}

/** The same for programs. */
export function json(rows: readonly Row[], at: Date): string {
  const figures = rows.map(({ name, unit, samples, goal }) => ({
    name: name.trim(),
    unit,
    runs: samples.length,
    p50: percentile(samples, 50),
    p95: percentile(samples, 95),
    p99: percentile(samples, 99),
    ...(goal === undefined ? {} : { goal }),
  }));
  return `${JSON.stringify({ at: at.toISOString(), machine: machine(), figures }, undefined, 2)}\n`;
}

function machine() {
  const [first] = cpus();
  return { cores: cpus().length, processor: first?.model ?? 'unknown processor', node: process.version };
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
