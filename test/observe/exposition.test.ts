import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { needs } from '../support/needs.ts';
import { exposed, sampleNames } from './exposed.ts';

/** The clauses of the contract on `/metrics`, each with what tells it. */
const CONTRACT = {
  intake: ['alerts_received_total', 'webhooks_total', 'intake_seconds_bucket'],
  'effects by kind and outcome': ['effects_total'],
  'queue depth': ['queue_depth'],
  'queue lag': ['effects_due', 'effects_lag_seconds'],
  escalations: ['escalations_total'],
  'time to acknowledge': ['time_to_acknowledge_seconds_bucket'],
  'time to mitigate': ['time_to_mitigate_seconds_bucket'],
  'time to resolve': ['time_to_resolve_seconds_bucket'],
  'pool utilisation': ['pool_utilisation_percent'],
};

describe('what /metrics exposes', () => {
  test('has a metric for every clause of its contract', async () => {
    const names = sampleNames(await createMetrics().render());
    for (const [clause, metrics] of Object.entries(CONTRACT)) {
      for (const name of metrics) expect(names, clause).toContain(`lifeguard_${name}`);
    }
    expect(exposed().find(({ name }) => name === 'lifeguard_effects_total')?.labels).toEqual([
      'kind',
      'outcome',
    ]);
  });

  test('stands in the documentation as it is', async () => {
    const page = await readFile(join(import.meta.dirname, '../../docs/observability.md'), 'utf8');
    // The table is formatted: what counts is what stands in its cells.
    const documented = page
      .split('\n')
      .filter((line) => line.startsWith('| `lifeguard_'))
      .map((line) =>
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const code = (word: string): string => `\`${word}\``;
    const cells = exposed().map(({ name, type, labels, help }) => [
      code(name),
      type,
      labels.map(code).join(', '),
      help,
    ]);
    expect(documented).toEqual(cells);
  });

  const promtool = needs('promtool', 'prometheus');
  test.skipIf(promtool.skip)(`is what promtool finds nothing to say about${promtool.reason}`, async () => {
    const metrics = createMetrics({
      collect: {
        outbox: async () => ({ due: 3, dead: 1, lagMs: 2_500 }),
        queueDepth: async () => 7,
        openIncidents: async () => 2,
      },
    });
    metrics.webhook('alertmanager', 200, 4);
    metrics.effect('slack.message', 'done', 30);
    metrics.call('slack', 'chat.postMessage', { outcome: 'rate_limited', waitMs: 2_000 }, 30);
    metrics.poolConnections('orders', { 'idle in transaction': 1 });
    const lint = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = once(lint, 'exit');
    lint.stdin.end(await metrics.render());
    expect(await text(lint.stderr)).toBe('');
    expect((await ended)[0]).toBe(0);
  });
});
