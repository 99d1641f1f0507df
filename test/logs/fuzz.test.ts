import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CheckFailure } from '../../src/checks/check.ts';
import { demultiplexed } from '../../src/logs/docker.ts';
import { kubernetesLog } from '../../src/logs/kubernetes.ts';
import { lokiLog } from '../../src/logs/loki.ts';
import { runs } from '../support/fuzz.ts';

let body = '';
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

/** Any other JSON, each kind of it. */
const ODD = fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', 'x', [], [[]], {}, { a: 1 }, [
  null,
  { b: [] },
]);

const mostly = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 24, arbitrary: right }, { weight: 1, arbitrary: ODD });

const values = fc.array(mostly(fc.tuple(mostly(fc.string({ maxLength: 24 })), mostly(fc.string()))), {
  maxLength: 4,
});
const lokiAnswer = fc.record({
  data: mostly(
    fc.record({
      resultType: mostly(fc.constant('streams')),
      result: mostly(fc.array(mostly(fc.record({ values: mostly(values) })), { maxLength: 3 })),
    }),
  ),
});

const podList = fc.record({
  items: mostly(fc.array(mostly(fc.record({ metadata: mostly(fc.record({ name: mostly(fc.string()) })) })))),
});

/** As the server sends it: JSON, cut JSON, or no JSON at all. */
const sent = (json: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: json.map((value) => JSON.stringify(value)) },
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.tuple(fc.json(), fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
  );

/** Lines, or a failure that says what to do. */
async function read(log: Promise<string[]>): Promise<void> {
  try {
    for (const line of await log) expect(typeof line).toBe('string');
  } catch (error) {
    expect(error).toBeInstanceOf(CheckFailure);
    expect((error as CheckFailure).mend).toBeTruthy();
  }
}

test('whatever Loki answers, it is lines or a failure with its mend', async () => {
  await fc.assert(
    fc.asyncProperty(sent(lokiAnswer), async (text) => {
      body = text;
      await read(lokiLog({ url: `http://127.0.0.1:${port}`, query: '{}' }, 5, 5_000));
    }),
    { numRuns: runs(60) },
  );
});

test('whatever Kubernetes answers, it is lines or a failure with its mend', async () => {
  const cluster = { url: `http://127.0.0.1:${port}` };
  await fc.assert(
    fc.asyncProperty(sent(podList), async (text) => {
      body = text;
      await read(kubernetesLog({ namespace: 'shop', selector: 'app=orders' }, 5, 5_000, cluster));
    }),
    { numRuns: runs(60), examples: [['no JSON'], ['{"items":[{}]}']] },
  );
});

test('whatever bytes Docker sends, they are taken out of their frames or left as they are', () => {
  const frame = fc
    .tuple(fc.nat(4), fc.oneof(fc.nat(40), fc.constant(0xffffffff)), fc.uint8Array({ maxLength: 40 }))
    .map(([stream, size, content]) => {
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(size, 4);
      return Buffer.concat([header, content]);
    });
  const bytes = fc.oneof(
    fc.array(frame, { maxLength: 5 }).map((frames) => Buffer.concat(frames)),
    fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some)),
  );
  fc.assert(
    fc.property(bytes, (sentBytes) => {
      expect(demultiplexed(sentBytes).length).toBeLessThanOrEqual(sentBytes.length);
    }),
    { numRuns: runs(500) },
  );
});
