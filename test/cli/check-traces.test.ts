import { expect, onTestFinished, test } from 'vitest';
import { runChecks } from '../../src/cli/check/finding.ts';
import { tracesChecks } from '../../src/cli/check/traces.ts';
import { startCollector } from '../support/collector.ts';
import { freePort } from '../support/daemon.ts';

const found = async (url: string, headers: Readonly<Record<string, string>> = {}) =>
  (await runChecks(tracesChecks({ tracing: { url, headers, serviceName: 'lifeguard' } }))).map(
    ({ level, text }) => `${level} ${text}`,
  );

test('a collector is asked with its headers, and leaves no span behind', async () => {
  const collector = await startCollector({ 'x-api-key': 'key' });
  onTestFinished(() => collector.stop());
  const url = `${collector.url}/v1/traces`;
  expect(await found(url, { 'x-api-key': 'key' })).toEqual(['ok the collector takes them']);
  expect(await found(url, { 'x-api-key': 'another' })).toEqual([
    expect.stringMatching(/^FAIL the collector answers 401: OTEL_EXPORTER_OTLP_HEADERS/),
  ]);
  expect(await found(collector.url, { 'x-api-key': 'key' })).toEqual([
    expect.stringMatching(/^FAIL the collector answers 404: OTEL_EXPORTER_OTLP_ENDPOINT/),
  ]);
  expect(collector.spans).toEqual([]);
});

test('one that is not there has failed; without one nothing is asked', async () => {
  expect(await found(`http://127.0.0.1:${await freePort()}/v1/traces`)).toEqual([
    expect.stringContaining('FAIL'),
  ]);
  expect(tracesChecks({})).toEqual([]);
});
