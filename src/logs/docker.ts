import type { RequestOptions } from 'node:http';
import { CheckFailure } from '../checks/check.ts';
import { logFailure } from './failure.ts';
import { get, linesOf } from './request.ts';

const HEADER = 8;
const SOCKET = '/var/run/docker.sock';

/**
 * The last lines of a container's log, by the Docker Engine API ("Get container logs").
 * Throws a CheckFailure with the mend.
 */
export async function dockerLog(
  container: string,
  lines: number,
  timeoutMs: number,
  host = process.env['DOCKER_HOST'],
): Promise<string[]> {
  const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${lines}`;
  const answer = await get({ ...place(host), path }, timeoutMs).catch((error) => {
    throw logFailure(
      'Docker did not answer',
      error,
      'set DOCKER_HOST, or let Lifeguard read /var/run/docker.sock',
    );
  });
  if (answer.status === 404)
    throw new CheckFailure(`Docker knows no container ${container}`, 'correct logs.docker in lifeguard.yaml');
  if (answer.status !== 200)
    throw new CheckFailure(`Docker answered ${answer.status}`, `try: docker logs ${container}`);
  return linesOf(demultiplexed(answer.body).toString('utf8')).slice(-lines);
}

function place(host: string | undefined): RequestOptions {
  if (host === undefined || host === '') return { socketPath: SOCKET };
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol === 'unix:') return { socketPath: url.pathname };
  if ((url?.protocol === 'tcp:' || url?.protocol === 'http:') && !process.env['DOCKER_TLS_VERIFY'])
    return { host: url.hostname, port: url.port === '' ? 2375 : Number(url.port) };
  throw new CheckFailure(
    'this DOCKER_HOST is not supported',
    'set it to unix:///path or tcp://host:port without TLS',
  );
}

/**
 * Takes stdout and stderr out of their frames (documentation, "Attach to a container, Stream format"). A
 * container with a terminal sends no frames; then all of it is text, which never begins as a frame does.
 */
export function demultiplexed(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const isFrame =
      body.length - at >= HEADER && body.readUInt32BE(at) % 0x1000000 === 0 && (body[at] ?? 9) <= 2;
    if (!isFrame) return at === 0 ? body : Buffer.concat(parts);
    const end = at + HEADER + body.readUInt32BE(at + 4);
    parts.push(body.subarray(at + HEADER, end));
    at = end;
  }
  return Buffer.concat(parts);
}
