import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LARGEST_BODY_BYTES } from '../../src/intake/receiver.ts';
import { runs } from '../support/fuzz.ts';
import { type House, house } from './house.ts';
import { alert, notification } from './notification.ts';
import { dial } from './web.ts';

let it: House;
beforeAll(async () => {
  it = await house();
});
afterAll(() => it.close());

const withAlert = (parts: Record<string, unknown>) => notification([{ ...alert(), ...parts }]);
const without = (name: string) => {
  const { [name]: _left, ...rest } = notification();
  return rest;
};

describe('a malformed notification is refused with 400 that names the field', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', 'alerts', 'body: is not JSON: see line 1, column 1'],
    [
      'JSON that breaks off',
      '{\n  "version": "4",\n',
      'body: is not JSON: it ends too early, at line 3, column 1',
    ],
    ['a comma too many', '{"version": "4",\n "alerts": [1,]}', 'body: is not JSON: see line 2, column 15'],
    ['nothing', '', 'body: is not JSON: it ends too early, at line 1, column 1'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'body: is not UTF-8'],
    ['a list', [], 'body: must be an object'],
    ['null', null, 'body: must be an object'],
    ['a text', '"4"', 'body: must be an object'],
    [
      'no version',
      without('version'),
      'version: must be "4", the version of Alertmanager\'s webhook; it is missing',
    ],
    [
      'another version',
      notification([], { version: '3' }),
      'version: must be "4", the version of Alertmanager\'s webhook; it is "3"',
    ],
    [
      'a number as version',
      notification([], { version: 4 }),
      'version: must be "4", the version of Alertmanager\'s webhook; it is 4',
    ],
    [
      'a list as version',
      notification([], { version: ['4'] }),
      'version: must be "4", the version of Alertmanager\'s webhook; it is no text',
    ],
    ['no group key', without('groupKey'), 'groupKey: must be a string'],
    [
      'an empty group key',
      notification([alert()], { groupKey: '' }),
      'groupKey: must be a string that is not empty',
    ],
    ['no status', without('status'), 'status: must be "firing" or "resolved"'],
    ['no alerts', without('alerts'), 'alerts: must be a list of alerts'],
    ['an object of alerts', notification({}), 'alerts: must be a list of alerts'],
    ['an empty list of alerts', notification([]), 'alerts: must be a list with at least one alert'],
    ['a number for an alert', notification([alert(), 7]), 'alerts[1]: must be an object'],
    ['another status', withAlert({ status: 'pending' }), 'alerts[0].status: must be "firing" or "resolved"'],
    ['no labels', withAlert({ labels: undefined }), 'alerts[0].labels: must be an object of strings'],
    ['a list of labels', withAlert({ labels: ['a'] }), 'alerts[0].labels: must be an object of strings'],
    [
      'a number for a label',
      withAlert({ labels: { severity: 5 } }),
      'alerts[0].labels.severity: must be a string',
    ],
    [
      'a label of an odd name',
      withAlert({ labels: { 'a.b"': 5 } }),
      'alerts[0].labels["a.b\\""]: must be a string',
    ],
    [
      'an object for an annotation',
      withAlert({ annotations: { summary: {} } }),
      'alerts[0].annotations.summary: must be a string',
    ],
    ['no start', withAlert({ startsAt: undefined }), 'alerts[0].startsAt: must be an RFC 3339 time'],
    [
      'a start in words',
      withAlert({ startsAt: 'yesterday' }),
      'alerts[0].startsAt: must be an RFC 3339 time',
    ],
    [
      'a start without a zone',
      withAlert({ startsAt: '2026-01-01T00:00:00' }),
      'alerts[0].startsAt: must be an RFC 3339 time',
    ],
    [
      'a start on no day',
      withAlert({ startsAt: '2026-02-30T00:00:00Z' }),
      'alerts[0].startsAt: must be an RFC 3339 time',
    ],
    [
      'a number as start',
      withAlert({ startsAt: 1_767_225_600 }),
      'alerts[0].startsAt: must be an RFC 3339 time',
    ],
    [
      'a start that is not set',
      withAlert({ startsAt: '0001-01-01T00:00:00Z' }),
      'alerts[0].startsAt: must be the time at which the alert began, 1970 or later',
    ],
    ['an end in words', withAlert({ endsAt: 'soon' }), 'alerts[0].endsAt: must be an RFC 3339 time'],
    ['a list as link', withAlert({ generatorURL: [] }), 'alerts[0].generatorURL: must be a string'],
    ['no fingerprint', withAlert({ fingerprint: undefined }), 'alerts[0].fingerprint: must be a string'],
    [
      'an empty fingerprint',
      withAlert({ fingerprint: '' }),
      'alerts[0].fingerprint: must be a string that is not empty',
    ],
    [
      'several faults',
      notification([{ ...alert(), status: 1, fingerprint: 2 }], { groupKey: 3 }),
      'groupKey: must be a string; alerts[0].status: must be "firing" or "resolved"; alerts[0].fingerprint: must be a string',
    ],
  ])('%s', async (_name, body, error) => {
    const answer = await it.post(body);
    expect([answer.status, answer.body]).toEqual([400, { error }]);
    expect(await it.count()).toMatchObject({ incidents: 0 });
  });

  test('names a few of very many faults, and none with a name of endless length', async () => {
    const labels = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}${'k'.repeat(5_000)}`, i]));
    const { status, body } = await it.post(withAlert({ labels }));
    expect(status).toBe(400);
    expect(body.error?.length).toBeLessThan(1_000);
  });
});

describe('what no body can do', () => {
  test('is end the process or the handler by nesting', async () => {
    for (const deep of [
      '['.repeat(100_000),
      '['.repeat(400_000) + ']'.repeat(400_000),
      '{"a":'.repeat(100_000),
      `{"version":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
      `{"version":"4","alerts":${'[{"labels":'.repeat(50_000)}1${'}]'.repeat(50_000)}}`,
      JSON.stringify(notification()).replace(
        '"receiver"',
        `"deep":${'['.repeat(400_000)}${']'.repeat(400_000)},"receiver"`,
      ),
    ]) {
      expect([200, 400]).toContain((await it.post(deep)).status);
    }
  });

  test('is get an answer of 5xx, whatever JSON it is', async () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant(undefined),
      fc.string({ unit: 'binary' }),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', '\0', '\ud800'),
    );
    const time = fc.oneof(
      fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T00:00:00Z') })
        .map((date) => date.toISOString()),
      fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999+14:00', '1970-01-01T00:00:00Z'),
    );
    const texts = fc.dictionary(text, text, { maxKeys: 4 });
    const mostly = <T>(good: fc.Arbitrary<T>) =>
      fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: odd });
    const anyAlert = fc.record({
      status: mostly(fc.constantFrom('firing', 'resolved')),
      labels: mostly(texts),
      annotations: mostly(texts),
      startsAt: mostly(time),
      endsAt: mostly(time),
      generatorURL: mostly(fc.oneof(text, fc.webUrl({ withQueryParameters: true }))),
      fingerprint: mostly(text.filter((one) => one !== '')),
    });
    const any = fc.oneof(
      fc.jsonValue(),
      fc.record({
        version: mostly(fc.constant('4')),
        groupKey: mostly(text.filter((one) => one !== '')),
        status: mostly(fc.constantFrom('firing', 'resolved')),
        truncatedAlerts: mostly(fc.nat()),
        alerts: mostly(fc.array(anyAlert, { minLength: 1, maxLength: 4 })),
      }),
    );
    const codes = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(any, async (body) => {
        const { status } = await it.post(JSON.stringify(body) ?? '');
        codes.set(status, (codes.get(status) ?? 0) + 1);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: runs(200) },
    );
    // Both sides of the property were met.
    expect(codes.get(200)).toBeGreaterThan(5);
    expect(codes.get(400)).toBeGreaterThan(5);
  });

  test('is be longer than 1 MiB; of exactly 1 MiB it is taken in', async () => {
    const filled = (size: number) => {
      const rest = size - JSON.stringify(notification([alert()], { filler: '' })).length;
      return JSON.stringify(notification([alert()], { filler: 'x'.repeat(rest) }));
    };
    expect(Buffer.byteLength(filled(LARGEST_BODY_BYTES))).toBe(1_048_576);
    expect((await it.post(filled(LARGEST_BODY_BYTES))).status).toBe(200);
    const refused = await it.post(filled(LARGEST_BODY_BYTES + 1));
    expect([refused.status, refused.body.error]).toEqual([413, 'the body is larger than 1048576 bytes']);
  });

  test('a group as large as fits into 1 MiB is taken in whole', async () => {
    const alerts = Array.from({ length: 1_500 }, (_, i) => {
      const fingerprint = `cf94611472${i.toString(16).padStart(6, '0')}`;
      const labels = {
        alertname: 'PoolExhaustion',
        datname: 'users',
        instance: `10.0.${i >> 8}.${i & 255}:9187`,
      };
      return alert({
        labels,
        fingerprint,
        annotations: { summary: 's'.repeat(200), description: 'd'.repeat(40) },
      });
    });
    const body = JSON.stringify(notification(alerts));
    expect(body.length).toBeGreaterThan(0.8 * LARGEST_BODY_BYTES);
    expect(body.length).toBeLessThan(LARGEST_BODY_BYTES);
    const { status, body: answer } = await it.post(body);
    expect(status).toBe(200);
    const incident = await it.store.incident(answer.incidents?.[0] ?? '');
    expect(Object.keys(incident?.alerts ?? {})).toHaveLength(1_500);
  });
});

test('only POST is answered', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const response = await fetch(it.web.url, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    await response.arrayBuffer();
  }
});

test('a sender that goes away in the middle of its body opens nothing and leaves the server well', async () => {
  const before = await it.count();
  const body = JSON.stringify(notification([alert({ labels: { datname: 'gone' } })]));
  const { socket, closed } = await dial(it.web.port);
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
  socket.end();
  await closed;
  expect((await it.post(without('version'))).status).toBe(400);
  expect(await it.count()).toEqual(before);
});
