import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually, wordsOf } from '../support/lifeguard.ts';
import { needs } from '../support/needs.ts';
import { PROMETHEUS, startPrometheus } from '../support/prometheus/prometheus.ts';
import { happened, lifeguardOfQuietPool, openThread, saying } from './story.ts';

// Servers are started in the test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const prometheus = needs(PROMETHEUS.program, PROMETHEUS.package);
const RULES = fileURLToPath(
  new URL('../../observability/alerts/database-connection-pool.rules.yml', import.meta.url),
);

const STEP_S = 15;
const HOUR_S = 3_600;

/** An hour of a shop: 10 requests a second, 40 in the last five minutes, and connections that grew with them. */
function anHour(): string {
  const now = Math.floor(Date.now() / 1_000);
  const requests: string[] = [];
  const active: string[] = [];
  let count = 0;
  for (let at = now - HOUR_S; at <= now; at += STEP_S) {
    const isSpike = at > now - 330;
    count += (isSpike ? 40 : 10) * STEP_S;
    requests.push(`http_requests_total ${count} ${at}`);
    active.push(`database_connections_active ${isSpike ? 60 : 20} ${at}`);
  }
  return [
    '# TYPE http_requests counter',
    ...requests,
    '# TYPE database_connections_active gauge',
    ...active,
    '# EOF',
    '',
  ].join('\n');
}

describe.skipIf(prometheus.skip)(`requests measured by a real Prometheus${prometheus.reason}`, () => {
  test('a rush of requests is named in step 4, with a chart of the last hour', async () => {
    const server = await startPrometheus({ rulesFile: RULES, scrape: {}, past: anHour() });
    onTestFinished(() => server.stop());
    const lifeguard = await lifeguardOfQuietPool({
      poolYaml: [
        `prometheus: { url: "${server.url}", active: database_connections_active, idle: "vector(0)", max: "vector(100)", request_rate: "rate(http_requests_total[5m])*60" }`,
      ],
    });
    const parent = await openThread(lifeguard);
    const step = await eventually(() => saying(lifeguard, 'backend-team', 'Step 4:', 'spike')[0], 'step 4');
    expect(wordsOf(step)).toMatch(
      /2[0-9]{3} requests a minute, 3(\.\d+)? times the baseline of \d+: a spike/,
    );
    expect(wordsOf(step)).toContain('Connections in use are 3 times');
    const shared = await eventually(async () => {
      const files = await happened(lifeguard, 'FileShared');
      return files.find(({ file }) => file === 'traffic');
    }, 'the chart');
    const { workspace } = lifeguard.slack;
    expect(workspace.file(shared.fileId ?? '')).toMatchObject({
      name: 'orders-traffic.png',
      alt_txt: expect.stringMatching(/requests a minute/),
      complete: true,
    });
    expect(
      workspace
        .fileBytes(shared.fileId ?? '')
        ?.subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    const thread = workspace.thread(parent.channel, parent.ts);
    expect(thread.some((one) => one.files?.includes(shared.fileId ?? ''))).toBe(true);
  });
});
