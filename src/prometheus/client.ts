import type { AxiosInstance, AxiosStatic } from 'axios';
import type { SignIn } from '../config/types.ts';
import { agentsFor, FORBIDDEN_CODE, FORBIDDEN_MEND, type Reach } from '../outward/agents.ts';
import type { Point } from '../pool/series.ts';
import { numberIn, oneLine, pointsIn, type Result, refusalIn, resultIn } from './answer.ts';
import { PrometheusError } from './error.ts';

/** How to reach Prometheus. `PrometheusConfig` of a pool fits. */
export interface PrometheusOptions extends SignIn, Reach {
  /** With the path of its prefix, if it has one. */
  readonly url: string;
  /** Of one query, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Told when a query matched several series and their sum was taken. */
  readonly onSeveral?: (query: string, series: number) => void;
}

/** Prometheus' HTTP API, as much of it as the diagnosis needs. Both throw PrometheusError. */
export interface PrometheusClient {
  /** The value of an expression now; of several series the sum. */
  instant(query: string): Promise<number>;
  /** The values of an expression between two moments, `stepMs` apart; moments without a number are left out. */
  range(query: string, from: Date, to: Date, stepMs: number): Promise<Point[]>;
}

/** More than a year of samples of one series; an answer above this is no series of a pool. */
const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/** Prometheus refuses more than 11,000 points a series. */
const MOST_POINTS = 11_000;

/** Makes a client. Queries go by POST, so that long ones fit; redirects are not followed, for they would carry the password along. */
export function createPrometheus(options: PrometheusOptions): PrometheusClient {
  // Loaded where a pool has a Prometheus, and while the rest of the start goes on.
  const http = import('axios').then(({ default: axios }) => connect(axios, options));
  const told = (query: string, series: number) => {
    if (series > 1) options.onSeveral?.(query, series);
  };
  return {
    instant: async (query) => {
      const { value, series } = numberIn(await ask(await http, options, 'query', { query }), query);
      told(query, series);
      return value;
    },
    range: async (query, from, to, stepMs) => {
      const spanMs = to.getTime() - from.getTime();
      const step = Math.max(stepMs, Math.ceil(spanMs / (MOST_POINTS - 1)), 1) / 1_000;
      const times = { start: from.getTime() / 1_000, end: to.getTime() / 1_000, step };
      const { points, series } = pointsIn(
        await ask(await http, options, 'query_range', { query, ...times }),
        query,
      );
      told(query, series);
      return points;
    },
  };
}

function connect(axios: AxiosStatic, options: PrometheusOptions): AxiosInstance {
  return axios.create({
    ...agentsFor(options),
    baseURL: `${options.url.replace(/\/+$/, '')}/api/v1/`,
    timeout: options.timeoutMs,
    maxRedirects: 0,
    maxContentLength: LARGEST_ANSWER_BYTES,
    // Judged by us, so that no error of axios, which holds the headers, leaves this file.
    validateStatus: () => true,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    headers: {
      accept: 'application/json',
      ...(options.bearerToken === undefined ? {} : { authorization: `Bearer ${options.bearerToken}` }),
    },
    ...(options.basicAuth === undefined ? {} : { auth: { ...options.basicAuth } }),
  });
}

async function ask(
  http: AxiosInstance,
  options: PrometheusOptions,
  path: 'query' | 'query_range',
  parameters: { readonly query: string } & Readonly<Record<string, string | number>>,
): Promise<Result> {
  const form = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  // The timeout of axios does not count the time to connect: the signal does.
  const signal = AbortSignal.timeout(options.timeoutMs);
  let answer: { status: number; data: string; headers: Record<string, unknown> };
  try {
    answer = await http.post(path, form, { signal });
  } catch (error) {
    throw silence(error, options);
  }
  const body = asJson(answer.data);
  if (answer.status !== 200) throw refused(answer.status, refusalIn(body), parameters.query);
  const type = String(answer.headers['content-type'] ?? '');
  if (!/^application\/json\b/i.test(type) || body === undefined) {
    throw new PrometheusError(
      'not_prometheus',
      `Prometheus: it answered with ${type === '' ? 'no content type' : oneLine(type)} instead of JSON: check prometheus.url (a login page or another server answers there)`,
    );
  }
  return resultIn(body, parameters.query);
}

function silence(error: unknown, { timeoutMs }: PrometheusOptions): PrometheusError {
  const code = error instanceof Error && 'code' in error ? String(error.code ?? 'error') : 'error';
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED') {
    return new PrometheusError(
      'slow',
      `Prometheus gave no answer within ${timeoutMs} ms: raise prometheus.timeout or make the query lighter`,
    );
  }
  if (code === 'ERR_BAD_RESPONSE') {
    return new PrometheusError(
      'refused',
      'Prometheus: the answer is larger than 8 MiB: aggregate in the query',
    );
  }
  if (code === FORBIDDEN_CODE) {
    return new PrometheusError('down', `Prometheus is not asked: ${FORBIDDEN_MEND} (prometheus.url)`);
  }
  return new PrometheusError(
    'down',
    `Prometheus cannot be reached (${code}): check that it runs and that prometheus.url is right`,
  );
}

function refused(status: number, said: string | undefined, query: string): PrometheusError {
  if (status === 401 || status === 403) {
    return new PrometheusError(
      'unauthorised',
      `Prometheus: not let in (HTTP ${status}): set bearer_token or basic_auth of prometheus in lifeguard.yaml`,
    );
  }
  const why = said === undefined ? '' : `: ${said}`;
  if (status >= 500) {
    return new PrometheusError('failing', `Prometheus answers HTTP ${status}${why}: look at its own log`);
  }
  if (status === 400 || status === 422) {
    return new PrometheusError(
      'refused',
      `Prometheus refused “${oneLine(query)}” (HTTP ${status})${why}: mend the query in lifeguard.yaml`,
    );
  }
  return new PrometheusError('refused', `Prometheus answers HTTP ${status}${why}: check prometheus.url`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
