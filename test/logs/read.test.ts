import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CheckFailure } from '../../src/checks/check.ts';
import { dockerLog } from '../../src/logs/docker.ts';
import { fileLog } from '../../src/logs/file.ts';
import { kubernetesLog } from '../../src/logs/kubernetes.ts';
import { lokiLog } from '../../src/logs/loki.ts';
import { clusterOf } from '../../src/platform/kubernetes.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('of a large file only the last lines are read, in their order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-log-'));
  undo.push(() => rm(folder, { recursive: true }));
  const path = join(folder, 'app.log');
  await writeFile(path, Array.from({ length: 30_000 }, (_, n) => `line ${n} é\n`).join(''));
  expect(await fileLog(path, 2)).toEqual(['line 29998 é', 'line 29999 é']);
  expect(await fileLog(path, 20_000)).toHaveLength(20_000);
  await appendFile(path, 'unfinished');
  expect(await fileLog(path, 1)).toEqual(['unfinished']);
  await writeFile(path, '');
  expect(await fileLog(path, 5)).toEqual([]);
  await expect(fileLog(folder, 5)).rejects.toThrow(/not a regular file/);
  await expect(fileLog(join(folder, 'none'), 5)).rejects.toMatchObject({
    mend: expect.stringContaining('logs.file'),
  });
});

test('a container’s log comes without its frames, with a terminal or without', async () => {
  const host = await serve((request, response) => {
    if (request.url?.startsWith('/containers/tty/')) return response.end('one\r\ntwo\r\n');
    if (request.url !== '/containers/api/logs?stdout=1&stderr=1&tail=3')
      return response.writeHead(404).end('{}');
    return response.end(Buffer.concat([frame(1, 'out\n'), frame(2, 'err'), frame(2, 'or\n')]));
  });
  expect(await dockerLog('api', 3, 1_000, `tcp://${host}`)).toEqual(['out', 'error']);
  expect(await dockerLog('tty', 3, 1_000, `tcp://${host}`)).toEqual(['one', 'two']);
  await expect(dockerLog('gone', 3, 1_000, `tcp://${host}`)).rejects.toThrow(
    'Docker knows no container gone',
  );
  await expect(dockerLog('api', 3, 1_000, 'unix:///nowhere/docker.sock')).rejects.toBeInstanceOf(
    CheckFailure,
  );
});

test('a source that does not answer is given up in time', async () => {
  const host = await serve(() => {});
  await expect(dockerLog('api', 3, 50, `tcp://${host}`)).rejects.toThrow('no answer within 50 ms');
  await expect(lokiLog({ url: `http://${host}`, query: '{app="a"}' }, 3, 50)).rejects.toThrow(
    /Loki did not answer/,
  );
});

test('Loki’s streams are put together in the order of time', async () => {
  const asked: string[] = [];
  const host = await serve((request, response) => {
    asked.push(`${request.headers.authorization} ${request.headers['x-scope-orgid']} ${request.url}`);
    const result = [
      {
        stream: {},
        values: [
          ['30', 'c'],
          ['10', 'a'],
        ],
      },
      { stream: {}, values: [['20', 'b']] },
    ];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'streams', result } }));
  });
  const source = { url: `http://${host}/`, query: '{app="a"}', tenant: 't', bearerToken: 'b' };
  expect(await lokiLog(source, 10, 1_000)).toEqual(['a', 'b', 'c']);
  expect(asked[0]).toMatch(/^Bearer b t \/loki\/api\/v1\/query_range\?/);
});

test('the logs of all pods of a selector are put together in the order of time', async () => {
  const host = await serve((request, response) => {
    if (request.headers.authorization !== 'Bearer t') return response.writeHead(403).end('{}');
    if (request.url?.includes('labelSelector=app%3Dnone')) return response.end('{"items":[]}');
    if (request.url?.includes('/log?'))
      return response.end(
        request.url.includes('/a/log') ? '2026-01-01T00:00:02Z late\n' : '2026-01-01T00:00:01Z early\n',
      );
    return response.end(
      JSON.stringify({ items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] }),
    );
  });
  const pods = { namespace: 'shop', selector: 'app=orders' };
  const url = `http://${host}`;
  expect(await kubernetesLog(pods, 10, 1_000, { url, token: 't' })).toEqual(['early', 'late']);
  await expect(kubernetesLog(pods, 10, 1_000, { url })).rejects.toThrow('Kubernetes answered 403');
  await expect(
    kubernetesLog({ ...pods, selector: 'app=none' }, 10, 1_000, { url, token: 't' }),
  ).rejects.toThrow('no pod matches');
});

test('a kubeconfig’s current context says where and as whom', () => {
  const text = `
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: "https://k:6443", certificate-authority-data: Y2E= } }]
users: [{ name: u, user: { token: t } }]`;
  expect(clusterOf(text)).toEqual({ url: 'https://k:6443', token: 't', ca: Buffer.from('ca') });
  expect(() => clusterOf('{}')).toThrow(/no current context/);
});
