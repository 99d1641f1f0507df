import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needs } from '../support/needs.ts';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '../../observability');
const RULES = join(FOLDER, 'alerts/database-connection-pool.rules.yml');
const RULE_TESTS = join(FOLDER, 'alerts/database-connection-pool.test.yml');
const ALERTMANAGER_EXAMPLE = join(FOLDER, 'alertmanager.example.yml');

interface AlertRule {
  alert?: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

async function alertRules(): Promise<AlertRule[]> {
  const file = parse(await readFile(RULES, 'utf8')) as { groups: Array<{ rules: AlertRule[] }> };
  return file.groups.flatMap((group) => group.rules).filter((rule) => rule.alert !== undefined);
}

describe('the shipped alert rules', () => {
  test('fire DatabaseConnectionPoolExhaustion after five minutes, critical, by either source', async () => {
    const exhaustion = (await alertRules()).filter(
      (rule) => rule.alert === 'DatabaseConnectionPoolExhaustion',
    );
    expect(exhaustion.map((rule) => rule.labels?.source)).toEqual(['postgres', 'application']);
    for (const rule of exhaustion)
      expect(rule).toMatchObject({ for: '5m', labels: { severity: 'critical' } });
  });

  test('tell what, why and where to read on', async () => {
    for (const rule of await alertRules())
      expect(Object.keys(rule.annotations ?? {})).toEqual(['summary', 'description', 'runbook_url']);
  });
});

const promtool = needs('promtool', 'prometheus');

describe.skipIf(promtool.skip)(`promtool on the shipped rules${promtool.reason}`, () => {
  test('finds them well-formed', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', RULES]);
    expect(stdout).toContain('SUCCESS');
  });

  test('finds that every rule does what its unit tests say', async () => {
    await run('promtool', ['test', 'rules', RULE_TESTS]);
  });

  test('fails the unit tests when the threshold moves', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lifeguard-rules-'));
    try {
      await cp(join(FOLDER, 'alerts'), folder, { recursive: true });
      const moved = (await readFile(RULES, 'utf8')).replace(/> 90\b/g, '> 95');
      await writeFile(join(folder, 'database-connection-pool.rules.yml'), moved);
      await expect(
        run('promtool', ['test', 'rules', join(folder, 'database-connection-pool.test.yml')]),
      ).rejects.toThrow();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

const amtool = needs('amtool', 'prometheus-alertmanager');

describe('the example Alertmanager configuration', () => {
  test('tells Lifeguard everything: resolves, every alert of a group, with the bearer token', async () => {
    const file = parse(await readFile(ALERTMANAGER_EXAMPLE, 'utf8')) as {
      receivers: Array<{ name: string; webhook_configs?: unknown[] }>;
    };
    expect(file.receivers.find((receiver) => receiver.name === 'lifeguard')?.webhook_configs).toEqual([
      {
        url: 'https://lifeguard.example.com/webhooks/alertmanager',
        send_resolved: true,
        max_alerts: 0,
        http_config: { authorization: { type: 'Bearer', credentials: expect.any(String) } },
      },
    ]);
  });

  test.skipIf(amtool.skip)(`is one that amtool accepts${amtool.reason}`, async () => {
    const { stdout } = await run('amtool', ['check-config', ALERTMANAGER_EXAMPLE]);
    expect(stdout).toContain('SUCCESS');
  });

  test.skipIf(amtool.skip)(`sends the alert of the rules to Lifeguard${amtool.reason}`, async () => {
    const labels = ['alertname=DatabaseConnectionPoolExhaustion', 'datname=catalytic_db'];
    const { stdout } = await run('amtool', [
      'config',
      'routes',
      'test',
      `--config.file=${ALERTMANAGER_EXAMPLE}`,
      ...labels,
    ]);
    expect(stdout.trim()).toBe('lifeguard');
  });

  test.skipIf(amtool.skip)(`sends what is wrong with Lifeguard itself past it${amtool.reason}`, async () => {
    const test = ['config', 'routes', 'test', `--config.file=${ALERTMANAGER_EXAMPLE}`];
    const { stdout } = await run('amtool', [...test, 'alertname=LifeguardDown', 'severity=critical']);
    expect(stdout.trim()).toBe('people');
  });
});
