import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { startDaemon } from '../daemon.ts';

/** The Debian package that brings both Prometheus and promtool. */
export const PROMETHEUS = { program: 'prometheus', package: 'prometheus' } as const;

/** What the Prometheus of a test watches. Durations as Prometheus writes them: `1s`, `5m`. */
export interface PrometheusOptions {
  /** A rule file, for example the shipped one. */
  readonly rulesFile: string;
  /** Replaces every alert's `for`, since no test waits five minutes. Default: `1s`. */
  readonly alertFor?: string;
  /** Base addresses whose `/metrics` are scraped, by job name. */
  readonly scrape: Readonly<Record<string, string>>;
  /** Base addresses of the Alertmanagers that are told. Default: none. */
  readonly alertmanagerUrls?: readonly string[];
  /** Between two scrapes and between two evaluations. Default: `1s`. */
  readonly interval?: string;
  /** What was measured before the test began, in the OpenMetrics format with times. Default: nothing. */
  readonly past?: string;
}

/** A running Prometheus. */
export interface Prometheus {
  readonly url: string;
  /** Evaluates an expression now; label sets with their value. */
  query(expression: string): Promise<ReadonlyArray<{ labels: Record<string, string>; value: number }>>;
  logs(): string;
  stop(): Promise<void>;
}

/** Starts Debian's Prometheus on 127.0.0.1 with an empty database of its own. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-prometheus-'));
  try {
    const rules = shorten(await readFile(options.rulesFile, 'utf8'), options.alertFor ?? '1s');
    await writeFile(join(folder, 'rules.yml'), rules);
    await writeFile(join(folder, 'prometheus.yml'), stringify(configuration(options)));
    if (options.past !== undefined) {
      const past = join(folder, 'past.om');
      await writeFile(past, options.past);
      await promisify(execFile)('promtool', [
        ...['tsdb', 'create-blocks-from', 'openmetrics'],
        ...[past, join(folder, 'data')],
      ]);
    }
    const daemon = await startDaemon({
      program: PROMETHEUS.program,
      readyPath: '/-/ready',
      args: (port) => [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        // Otherwise `generatorURL` carries the machine's name.
        `--web.external-url=http://127.0.0.1:${port}`,
      ],
    });
    return {
      url: daemon.url,
      query: (expression) => query(daemon.url, expression),
      logs: daemon.logs,
      stop: async () => {
        await daemon.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface RuleFile {
  groups: Array<{ interval?: string; rules: Array<{ alert?: string; for?: string }> }>;
}

function shorten(rules: string, alertFor: string): string {
  const file = parse(rules) as RuleFile;
  for (const group of file.groups) {
    delete group.interval;
    for (const rule of group.rules) if (rule.alert !== undefined) rule.for = alertFor;
  }
  return stringify(file);
}

function configuration(options: PrometheusOptions): object {
  const interval = options.interval ?? '1s';
  const target = (...urls: readonly string[]) => ({
    static_configs: [{ targets: urls.map((url) => new URL(url).host) }],
  });
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ['rules.yml'],
    scrape_configs: Object.entries(options.scrape).map(([job, url]) => ({ job_name: job, ...target(url) })),
    alerting: { alertmanagers: [target(...(options.alertmanagerUrls ?? []))] },
  };
}

interface InstantVector {
  data: { result: Array<{ metric: Record<string, string>; value: [number, string] }> };
}

async function query(
  url: string,
  expression: string,
): Promise<Array<{ labels: Record<string, string>; value: number }>> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`);
  const { data } = (await response.json()) as InstantVector;
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
