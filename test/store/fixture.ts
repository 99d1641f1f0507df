import type { Alert } from '../../src/incident/alerts.ts';
import type { Command } from '../../src/incident/commands.ts';
import type { Policy } from '../../src/incident/policy.ts';
import { poolKey } from '../../src/store/commit.ts';
import { Outbox } from '../../src/store/outbox.ts';
import { type Address, type Post, Store } from '../../src/store/store.ts';
import { POLICY } from '../incident/given.ts';
import { testDatabase } from '../support/postgres.ts';

/** A migrated store of a test file's own, with a clock that can be moved. */
export interface TestStore {
  readonly url: string;
  readonly store: Store;
  readonly outbox: Outbox;
  /** Moves the store's clock on. */
  pass(ms: number): void;
  /** Runs a statement on the store, past all its rules. */
  query<T extends Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** Creates a database with the store's schema and opens it. */
export async function testStore(options: { readonly connections?: number } = {}): Promise<TestStore> {
  const database = await testDatabase({ store: true });
  let skewMs = 0;
  const store = new Store({ url: database.url, skewMs: () => skewMs, ...options });
  return {
    url: database.url,
    store,
    outbox: new Outbox(store),
    pass(ms) {
      skewMs += ms;
    },
    async query<T extends Record<string, unknown>>(sql: string, values: unknown[] = []) {
      return (await store.pool.query<T>(sql, values)).rows;
    },
    async close() {
      await store.close();
      await database.drop();
    },
  };
}

/** Where the alerts of a pool go. */
export function byPool(pool: string, reopenWithinMs: number = POLICY.reopenWithinMs): Address {
  return { key: poolKey(pool), reopenWithinMs };
}

/** The contract's rules, for a pool of any name. */
export function policyOf(pool = 'orders'): Policy {
  return { ...POLICY, pool: { name: pool, threshold: 90, steps: [2] } };
}

/** A command by the contract's rules. */
export function post(to: Address, command: Command, policy: Policy = policyOf()): Post {
  return { to, command, policy: () => policy };
}

/** An alert of a pool that fires, `ago` milliseconds old. */
export function alertOf(fingerprint: string, since: Date, status: 'firing' | 'resolved' = 'firing'): Alert {
  return {
    fingerprint,
    status,
    labels: { alertname: 'PoolNearlyExhausted', severity: 'critical' },
    annotations: {},
    startsAt: since.toISOString(),
    ...(status === 'resolved' ? { endsAt: new Date().toISOString() } : {}),
  };
}
