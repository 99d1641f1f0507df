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
  console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  console.log(table(rows));
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
