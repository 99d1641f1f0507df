import type { QueryConfig } from 'pg';
import { SESSION_TIMEOUT_MS, type Session } from './session.ts';

/** One row as `pg` gives it; parse it before use. */
export type Row = Record<string, unknown>;

/** A check does not wait long behind somebody else's lock: the wait itself is news. */
const LOCK_TIMEOUT_MS = 500;

/** Runs one statement in a read-only transaction with its own timeout, and rolls it back. */
export async function runReading(
  { client }: Session,
  sql: string,
  params: readonly unknown[],
  timeoutMs: number,
): Promise<Row[]> {
  const ms = Math.max(1, Math.round(timeoutMs));
  await client.query(
    `begin transaction read only;
     set local statement_timeout = ${ms};
     set local lock_timeout = ${Math.min(LOCK_TIMEOUT_MS, ms)}`,
  );
  try {
    return await runOne(client, sql, params);
  } finally {
    await client.query('rollback');
  }
}

/** Runs one statement outside a transaction; the session's timeout is changed only when another is wanted. */
export async function runActing(
  { client }: Session,
  sql: string,
  params: readonly unknown[],
  timeoutMs: number,
): Promise<Row[]> {
  const ms = Math.max(1, Math.round(timeoutMs));
  if (ms === SESSION_TIMEOUT_MS) return runOne(client, sql, params);
  await client.query(`set statement_timeout = ${ms}`);
  try {
    return await runOne(client, sql, params);
  } finally {
    await client.query(`set statement_timeout = ${SESSION_TIMEOUT_MS}`);
  }
}

/** The extended protocol takes a single statement, so nothing can follow and leave the transaction. */
async function runOne(client: Session['client'], sql: string, params: readonly unknown[]): Promise<Row[]> {
  const statement: QueryConfig & { queryMode: 'extended' } = {
    text: sql,
    values: [...params],
    queryMode: 'extended',
  };
  return (await client.query<Row>(statement)).rows;
}
