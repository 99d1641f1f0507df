import { CheckFailure } from '../checks/check.ts';
import { askDocker } from '../platform/docker.ts';
import { linesOf } from './lines.ts';

const HEADER = 8;

/**
 * The last lines of a container's log, by the Docker Engine API ("Get container logs").
 * Throws a CheckFailure with the mend.
 */
export async function dockerLog(
  container: string,
  lines: number,
  timeoutMs: number,
  host?: string,
): Promise<string[]> {
  const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${lines}`;
  const answer = await askDocker(path, timeoutMs, undefined, host);
  if (answer.status === 404)
    throw new CheckFailure(`Docker knows no container ${container}`, 'correct logs.docker in lifeguard.yaml');
  if (answer.status !== 200)
    throw new CheckFailure(`Docker answered ${answer.status}`, `try: docker logs ${container}`);
  return linesOf(demultiplexed(answer.body).toString('utf8')).slice(-lines);
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
