import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createMetrics } from '../../src/observe/metrics.ts';
import { exposed, sampleNames } from '../observe/exposed.ts';
import { needs } from '../support/needs.ts';

const DASHBOARD = join(import.meta.dirname, '../../observability/grafana/lifeguard.json');

interface Target {
  readonly refId: string;
  readonly datasource: { readonly uid: string };
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { name: string; type: string; definition?: string }[] };
  readonly annotations: { readonly list: readonly { expr: string }[] };
}

const dashboard = JSON.parse(await readFile(DASHBOARD, 'utf8')) as Dashboard;
const targets = dashboard.panels.flatMap(({ title, targets: all = [] }) =>
  all.map((target) => ({ title, ...target })),
);
const expressions = [...targets, ...dashboard.annotations.list].map(({ expr }) => expr);

/** The expression as Grafana sends it. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '2m')
    .replaceAll('$__range', '6h')
    .replace(/\$(job|instance)\b/g, '.*');
}

describe('the Grafana dashboard', () => {
  test('asks only for metrics that Lifeguard exposes, and leaves out none of its own', async () => {
    const names = sampleNames(await createMetrics().render()).add('up');
    const asked = expressions.flatMap((expr) => expr.match(/\b[a-z_0-9]+(?=\{)/g) ?? []);
    for (const name of asked) expect(names).toContain(name);
    const missing = exposed().filter(
      ({ name }) => !asked.some((one) => one.replace(/_(bucket|sum|count)$/, '') === name),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test('names in its legends and groups only labels that the metric has', () => {
    const labelsOf = (expr: string): string[] => {
      const name = /\b(?:lifeguard|process|nodejs|up)[a-z_0-9]*(?=\{)/.exec(expr)?.[0] ?? '';
      const metric = exposed().find((one) => one.name === name.replace(/_(bucket|sum|count)$/, ''));
      return [...(metric?.labels ?? []), 'job', 'instance', 'le'];
    };
    for (const { title, expr, legendFormat } of targets) {
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      for (const label of [...grouped, ...shown]) expect(labelsOf(expr), title).toContain(label);
      // A label that was summed away shows nothing.
      if (grouped.length > 0) for (const label of shown) expect(grouped, title).toContain(label);
    }
  });

  test('can be pointed at any Prometheus, job and replica', () => {
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['job', 'query'],
      ['instance', 'query'],
    ]);
    for (const panel of dashboard.panels.filter(({ type }) => type !== 'row')) {
      expect(panel.datasource?.uid, panel.title).toBe('${datasource}');
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      for (const target of panel.targets ?? []) {
        expect(target.datasource.uid, panel.title).toBe('${datasource}');
        expect(target.expr, panel.title).toContain('job=~"$job",instance=~"$instance"');
      }
    }
  });

  test('has a place of its own for every panel', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken, title).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  const promtool = needs('promtool', 'prometheus');
  test.skipIf(promtool.skip)(`is written in PromQL that Prometheus reads${promtool.reason}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lifeguard-dashboard-'));
    try {
      const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr: filledIn(expr) }));
      const file = join(folder, 'rules.yml');
      await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
      const checked = await promisify(execFile)('promtool', ['check', 'rules', file]);
      expect(checked.stdout).toContain(`SUCCESS: ${expressions.length} rules found`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
