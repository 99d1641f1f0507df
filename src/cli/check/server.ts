import pg from 'pg';
import { CHECK_TIMEOUT_MS } from './finding.ts';

/** A little less than a whole check may take, so that the reason is told instead of the lateness. */
const CONNECT_TIMEOUT_MS = CHECK_TIMEOUT_MS - 1_000;

/** PostgreSQL's number of the cluster: the same one for every database and address of a server. */
const SYSTEM_IDENTIFIER = `
  select system_identifier::text as identifier from pg_control_system()`;

/** Runs `work` on a connection of its own, which is closed after it. @throws what `pg` throws */
export async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lifeguard-check',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Where a server is. */
export interface ServerIdentity {
  /** Absent when the role may not ask for it. */
  readonly identifier?: string;
  /** `host:port` of the connection string. */
  readonly address: string;
}

/** What tells the server of a connection from another; rejects when it cannot be reached. */
export async function identityOf(url: string): Promise<ServerIdentity> {
  return onServer(url, async (client) => {
    const { host, port } = client;
    const address = `${host}:${port}`;
    try {
      const { rows } = await client.query<{ identifier: string }>(SYSTEM_IDENTIFIER);
      const identifier = rows[0]?.identifier;
      return identifier === undefined ? { address } : { address, identifier };
    } catch (error) {
      if (error instanceof pg.DatabaseError) return { address };
      throw error;
    }
  });
}

/** Whether both are one server, as far as can be known. */
export function sameServer(one: ServerIdentity, other: ServerIdentity): boolean {
  if (one.identifier !== undefined && other.identifier !== undefined)
    return one.identifier === other.identifier;
  return one.address === other.address;
}
