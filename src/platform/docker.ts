import { CheckFailure } from '../checks/check.ts';
import { platformFailure } from './failure.ts';
import { type Answer, ask, type Place, type Sent } from './request.ts';

const SOCKET = '/var/run/docker.sock';

/**
 * Asks the Docker Engine API (https://docs.docker.com/reference/api/engine/), at DOCKER_HOST or the usual socket.
 *
 * @param path without the API's version: the engine then answers by its own
 * @throws CheckFailure with the mend when the engine does not answer; any status is an answer
 */
export async function askDocker(
  path: string,
  timeoutMs: number,
  sent?: Sent,
  host = process.env['DOCKER_HOST'],
): Promise<Answer> {
  const place = placeOf(host);
  return ask(place, path, timeoutMs, sent).catch((error) => {
    throw failureOf(error, place);
  });
}

function failureOf(error: unknown, { socketPath }: Place): CheckFailure {
  const { code } = error as { code?: unknown };
  if (socketPath != null && code === 'ENOENT')
    return new CheckFailure(`there is no Docker engine at ${socketPath}`, 'start it, or set DOCKER_HOST');
  if (socketPath != null && code === 'EACCES')
    return new CheckFailure(
      `Lifeguard may not use Docker’s socket ${socketPath}`,
      'put its user into the group that owns the socket (usually docker)',
    );
  return platformFailure('Docker did not answer', error, 'start the engine, or correct DOCKER_HOST');
}

function placeOf(host: string | undefined): Place {
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
