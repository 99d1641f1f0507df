import type { Writable } from 'node:stream';
import pg from 'pg';

/** What can be done within a transaction. */
export interface Transaction {
  /** Sends a statement whose result nobody needs before the commit; it is there when the commit is. */
  write(query: string | pg.QueryConfig): Promise<pg.QueryResult>;
  /** Asks for rows that are needed now; what was written before is seen by it. */
  read<Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/**
 * Runs `work` in one transaction, on one connection; a connection that failed is not used again.
 *
 * What `work` writes is sent together with the commit, in one round trip and one packet: when a statement
 * fails, the server makes a rollback of the commit that follows it.
 *
 * @param pool with `pipeline` on
 * @param begin statements that begin it; `work` is given the first row of the last of them
 * @throws what `work` threw, or the driver's error of the first statement that failed; nothing is committed then
 */
export async function inTransaction<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  begin: readonly pg.QueryConfig[],
  work: (transaction: Transaction, row: Row | undefined) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  const waiting: (() => void)[] = [];
  const sent: Promise<unknown>[] = [];
  const send = (): void =>
    together(client, () => {
      for (const one of waiting.splice(0)) one();
    });
  const write = <Result extends pg.QueryResultRow>(
    query: string | pg.QueryConfig,
  ): Promise<pg.QueryResult<Result>> => {
    const result = new Promise<pg.QueryResult<Result>>((resolve, reject) => {
      waiting.push(() => {
        const answer = client.query<Result>(query);
        sent.push(answer);
        answer.then(resolve, reject);
      });
    });
    // Its failure is looked at below; until then nobody may wait for it.
    result.catch(() => undefined);
    return result;
  };
  let failure: Error | undefined;
  try {
    const begun = together(client, () => begin.map((query) => client.query<Row>(query)));
    await all(begun);
    const read: Transaction['read'] = async (query) => {
      const result = write<never>(query);
      send();
      return result;
    };
    await work({ write, read }, (await begun.at(-1))?.rows[0]);
    void write('commit');
    send();
    await all(sent);
  } catch (error) {
    // What was written before may be why the rest could not be done: the first failure is the cause.
    const cause = await all(sent).then(
      () => error,
      (first: unknown) => first,
    );
    failure = cause instanceof Error ? cause : new Error(String(cause));
    await client.query('rollback').catch(() => undefined);
    throw failure;
  } finally {
    client.release(failure !== undefined && !isSqlError(failure));
  }
}

/**
 * Statements that are sent at one time go out in one write to the socket: the driver makes one of each otherwise,
 * and calls of the kernel are most of what a commit costs this process. It keeps its socket to itself; where that
 * is not found, they go one by one.
 */
function together<T>(client: pg.PoolClient, send: () => T): T {
  const { connection } = client as { readonly connection?: { readonly stream?: Writable } };
  connection?.stream?.cork();
  try {
    return send();
  } finally {
    connection?.stream?.uncork();
  }
}

/** Waits for all of them, failed ones too, and throws the first failure: the connection is free then. */
async function all(results: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(results);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** An error the server sent leaves the connection usable; any other means it is not known what state it is in. */
function isSqlError(error: Error): boolean {
  return error instanceof pg.DatabaseError;
}
