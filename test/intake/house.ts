import { Loop } from '../../src/effects/loop.ts';
import type { Policy } from '../../src/incident/policy.ts';
import { type AlertmanagerIntakeOptions, createAlertmanagerIntake } from '../../src/intake/alertmanager.ts';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';
import { Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { type BreakableWay, breakableWay } from './breakable.ts';
import { recordingLog, serve, type Web } from './web.ts';

const MINUTE = 60_000;
const REOPEN_WITHIN = 30 * MINUTE;

/** The names of the pools, each tied to the alerts with its name as `datname`. */
export const POOLS = ['orders', 'users'];

/** The webhook on a real web server, with a real store behind a way that can be broken. */
export interface House {
  readonly web: Web;
  readonly store: Store;
  readonly way: BreakableWay;
  readonly metrics: Metrics;
  /** Ids of effects, as they were offered to the workers. */
  readonly dispatched: string[];
  readonly lines: string[];
  /** Moves the store's clock on. */
  forward(ms: number): void;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** How many incidents, events and effects there are. */
  count(): Promise<{ incidents: number; events: number; effects: number }>;
  close(): Promise<void>;
}

/** What the webhook answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly status?: string; readonly incidents?: string[]; readonly error?: string };
}

/** Builds it; `openToAll` unless other options are given. */
export async function house(options: Partial<AlertmanagerIntakeOptions> = {}): Promise<House> {
  const database = await testDatabase({ store: true });
  const way = await breakableWay(database.url);
  let skew = 0;
  const store = new Store({ url: way.url, skewMs: () => skew });
  const metrics = createMetrics();
  const dispatched: string[] = [];
  const { log, lines } = recordingLog();
  const loop = new Loop({
    store,
    policy,
    dispatch: async (ids) => {
      dispatched.push(...ids);
    },
    onCommit: (committed, command) => metrics.observeCommit(committed, command),
  });
  const web = await serve(
    createAlertmanagerIntake({
      loop,
      token: undefined,
      openToAll: true,
      poolFor: (labels) => POOLS.find((name) => labels.datname === name),
      nextIncidentId: () => store.nextIncidentId(),
      reopenWithinMs: REOPEN_WITHIN,
      log,
      metrics,
      ...options,
    }),
  );
  return {
    web,
    store,
    way,
    metrics,
    dispatched,
    lines,
    forward: (ms) => {
      skew += ms;
    },
    post: (body, headers = {}) => post(web.url, body, headers),
    count: async () => {
      const { rows } = await store.pool.query(
        `select (select count(*)::int from incidents) as incidents,
                (select count(*)::int from events)    as events,
                (select count(*)::int from effects)   as effects`,
      );
      return rows[0];
    },
    close: async () => {
      await web.close();
      await store.close();
      await way.close();
      await database.drop();
    },
  };
}

/** Posts a body: bytes and texts as they are, everything else as JSON. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: 'POST',
    body: typeof raw === 'string' ? raw : new Uint8Array(raw),
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

/** The rules of every pool here: one level, which pages. */
export function policy(pool: string | undefined): Policy {
  return {
    access: { approvers: [], twoPerson: [], approvalTtlMs: 10 * MINUTE },
    escalation: { levels: [{ name: 'On-call engineer', afterMs: 0, pages: true }], atOnce: {} },
    reopenWithinMs: REOPEN_WITHIN,
    channel: '#incidents',
    ...(pool === undefined ? {} : { pool: { name: pool, threshold: 90, steps: [2] } }),
  };
}
