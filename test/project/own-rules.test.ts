import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/observe/metrics.ts';
import { sampleNames } from '../observe/exposed.ts';
import { needs } from '../support/needs.ts';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '../../observability/alerts');
const RULES = join(FOLDER, 'lifeguard.rules.yml');
const RULE_TESTS = join(FOLDER, 'lifeguard.test.yml');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Record<string, string>;
}

async function alertRules(): Promise<AlertRule[]> {
  const file = parse(await readFile(RULES, 'utf8')) as { groups: { rules: AlertRule[] }[] };
  return file.groups.flatMap((group) => group.rules);
}

describe('the alert rules for Lifeguard itself', () => {
  test('say how bad it is, what is wrong, what that means and what to do', async () => {
    for (const { alert, labels, annotations } of await alertRules()) {
      expect(['critical', 'warning'], alert).toContain(labels.severity);
      expect(Object.keys(annotations), alert).toEqual(['summary', 'description', 'runbook']);
    }
  });

  test('ask for metrics that Lifeguard exposes', async () => {
    const names = sampleNames(await createMetrics().render()).add('up');
    for (const { alert, expr } of await alertRules()) {
      const asked = expr.match(/\b[a-z_]+(?=\{)/g) ?? [];
      expect(asked.length, alert).toBeGreaterThan(0);
      for (const name of asked) expect(names, alert).toContain(name);
    }
  });

  test('each fire in a unit test of theirs', async () => {
    const tested = await readFile(RULE_TESTS, 'utf8');
    for (const { alert } of await alertRules()) expect(tested).toContain(`alertname="${alert}"`);
  });

  const promtool = needs('promtool', 'prometheus');

  test.skipIf(promtool.skip)(
    `are well-formed, and do what their unit tests say${promtool.reason}`,
    async () => {
      expect((await run('promtool', ['check', 'rules', RULES])).stdout).toContain('SUCCESS');
      await run('promtool', ['test', 'rules', RULE_TESTS]);
    },
  );
});
