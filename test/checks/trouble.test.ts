import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { runStep } from '../../src/checks/run-step.ts';
import { readLogTail } from '../../src/logs/read.ts';
import { Lifeline } from '../../src/pool/lifeline.ts';
import { createPrometheus } from '../../src/prometheus/client.ts';
import { testDatabase } from '../support/postgres.ts';
import { call, contextOf, POOL } from './context.ts';

/** What a step says when something beside the database is in trouble: one line with the mend, and the rest goes on. */

let database: Awaited<ReturnType<typeof testDatabase>>;
let lifeline: Lifeline;

beforeAll(async () => {
  database = await testDatabase();
  lifeline = new Lifeline({ url: database.url });
  await lifeline.start();
});
afterAll(async () => {
  await lifeline.close();
  await database.drop();
});

const json =
  (body: object, status = 200): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const vector = (result: unknown) => json({ status: 'success', data: { resultType: 'vector', result } });

const TROUBLES: readonly (readonly [string, RequestListener | 'down', RegExp])[] = [
  ['down', 'down', /cannot be reached .*check that it runs/],
  ['slow', () => undefined, /no answer within \d+ ms: raise prometheus\.timeout/],
  [
    'in error',
    json({ status: 'error', errorType: 'execution', error: 'query timed out' }),
    /query timed out/,
  ],
  ['without a number', vector([{ metric: {}, value: [1, 'NaN'] }]), /look for a division by zero|check/],
  ['without data', vector([]), /check|mend/],
];

test.each(TROUBLES)(
  'with Prometheus %s a step says so in one line with the mend, and the others go on',
  async (name, answer, said) => {
    const server = createServer(answer === 'down' ? undefined : answer);
    const port = await listening(server);
    if (answer === 'down') await closed(server);
    const prometheus = {
      url: `http://127.0.0.1:${port}`,
      active: 'a',
      idle: 'i',
      max: 'm',
      requestRate: 'r',
      requestRateBaseline: 'b',
      timeoutMs: name === 'slow' ? 150 : 5_000,
    };
    const context = contextOf(lifeline, {
      config: { ...POOL, prometheus },
      prometheus: createPrometheus(prometheus),
    });
    try {
      const own = { kind: 'promql' as const, line: 1, title: 'Mine', expression: 'x', timeoutMs: 2_000 };
      const { ok, findings } = await runStep(context, [
        call('utilisation'),
        call('traffic'),
        own,
        call('prepared'),
      ]);
      expect(ok).toBe(true);
      expect(findings.headline).toMatch(/connections in use/);
      const lines = [...findings.lines, findings.mend ?? ''];
      expect(lines.find((line) => line.startsWith('Prometheus gave no utilisation'))).toMatch(said);
      for (const check of ['traffic', 'Mine']) {
        const line = lines.find((one) => one.startsWith(check));
        expect(line, lines.join('\n')).toMatch(said);
        expect(line).not.toContain('\n');
      }
      expect(lines).toContain('No prepared transactions');
    } finally {
      server.closeAllConnections();
      await closed(server);
    }
  },
);

test.each([
  ['file', { file: '/nowhere/app.log', lines: 10 }, /ENOENT/],
  ['Loki', { loki: { url: 'http://127.0.0.1:1', query: '{app="x"}' }, lines: 10 }, /ECONNREFUSED/],
  ['Docker', { docker: 'catalytic-api', lines: 10 }, /Docker/],
  [
    'Kubernetes',
    { kubernetes: { namespace: 'shop', selector: 'app=api' }, lines: 10 },
    /Kubernetes|KUBECONFIG/,
  ],
] as const)(
  'with the log away (%s) its step says so with the mend, and the others go on',
  async (_name, logs, said) => {
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
    vi.stubEnv('KUBECONFIG', '/nowhere/kubeconfig');
    onTestFinished(() => void vi.unstubAllEnvs());
    const context = contextOf(lifeline, {
      config: { ...POOL, logs },
      readLog: (lines, timeoutMs) => readLogTail({ ...logs, lines }, timeoutMs),
    });
    const { ok, findings } = await runStep(context, [call('prepared'), call('logs')]);
    expect(ok).toBe(true);
    expect(findings.headline).toBe('No prepared transactions');
    expect(findings.lines.find((line) => line.startsWith('logs: '))).toMatch(said);
    expect(findings.mend).toMatch(/lifeguard\.yaml|KUBECONFIG|DOCKER_HOST|docker\.sock/);
  },
);

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
