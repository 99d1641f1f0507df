import { z } from 'zod';
import { CheckFailure } from '../checks/check.ts';
import type { LokiSource } from '../config/types.ts';
import { agentsFor, FORBIDDEN_CODE, FORBIDDEN_MEND } from '../outward/agents.ts';

const HOUR_MS = 3_600_000;
const MOST_BYTES = 16 * 1024 * 1024;

const answerSchema = z.object({
  data: z.object({
    resultType: z.literal('streams'),
    result: z.array(z.object({ values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())) })),
  }),
});

/** The last lines of the last hour that the query selects (Loki HTTP API, `query_range`). */
export async function lokiLog(
  source: LokiSource,
  lines: number,
  timeoutMs: number,
  now = Date.now(),
): Promise<string[]> {
  // Loaded with the first question: few pools have Loki.
  const { default: axios } = await import('axios');
  const response = await axios
    .get<unknown>(`${source.url.replace(/\/+$/, '')}/loki/api/v1/query_range`, {
      ...agentsFor(source),
      params: {
        query: source.query,
        limit: lines,
        direction: 'backward',
        start: `${now - HOUR_MS}000000`,
        end: `${now}000000`,
      },
      headers: {
        ...(source.tenant === undefined ? {} : { 'X-Scope-OrgID': source.tenant }),
        ...(source.bearerToken === undefined ? {} : { Authorization: `Bearer ${source.bearerToken}` }),
      },
      ...(source.basicAuth === undefined ? {} : { auth: source.basicAuth }),
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
      maxContentLength: MOST_BYTES,
      maxRedirects: 0,
      validateStatus: () => true,
    })
    .catch((error: { code?: string }) => {
      if (error.code === FORBIDDEN_CODE) throw new CheckFailure('Loki is not asked', FORBIDDEN_MEND);
      const why =
        error.code === 'ERR_CANCELED' ? `no answer within ${timeoutMs} ms` : (error.code ?? 'error');
      throw new CheckFailure(`Loki did not answer: ${why}`, 'check logs.loki.url in lifeguard.yaml');
    });
  if (response.status !== 200)
    throw new CheckFailure(`Loki answered ${response.status}`, mendOf(response.status));
  const answer = answerSchema.safeParse(response.data);
  if (!answer.success)
    throw new CheckFailure(
      'Loki’s answer holds no log lines',
      'logs.loki.query must select lines, not count them',
    );
  return answer.data.data.result
    .flatMap((stream) => stream.values)
    .map(([at, line]) => ({ at: at.padStart(20, '0'), line }))
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
    .map(({ line }) => line)
    .slice(-lines);
}

function mendOf(status: number): string {
  if (status === 401 || status === 403) return 'check the sign-in and tenant of logs.loki in lifeguard.yaml';
  return status === 400
    ? 'correct logs.loki.query in lifeguard.yaml'
    : 'check logs.loki.url in lifeguard.yaml';
}
