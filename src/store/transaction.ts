import pg from 'pg';

/** Sends a statement whose result nobody needs before the commit; it is there when the commit is. */
export type Write = (query: string | pg.QueryConfig) => Promise<pg.QueryResult>;

/**
 * Runs `work` in one transaction, on one connection; a connection that failed is not used again.
 *
 * What `work` writes is sent together with the commit, in one round trip: when a statement fails, the
 * server makes a rollback of the commit that follows it.
 *
 * @param pool with `pipeline` on
 * @param begin statements that begin it; `work` is given the first row of the last of them
 * @throws what `work` threw, or the driver's error of the first statement that failed; nothing is committed then
 */
export async function inTransaction<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  begin: readonly pg.QueryConfig[],
  work: (client: pg.PoolClient, row: Row | undefined, write: Write) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  const written: Promise<unknown>[] = [];
  const write: Write = (query) => {
    const result = client.query(query);
    // Its failure is looked at below; until then nobody waits for it.
    result.catch(() => undefined);
    written.push(result);
    return result;
  };
  let failure: Error | undefined;
  try {
    const begun = begin.map((query) => client.query<Row>(query));
    await all(begun);
    await work(client, (await begun.at(-1))?.rows[0], write);
    void write('commit');
    await all(written);
  } catch (error) {
    // What was written before may be why the rest could not be done: the first failure is the cause.
    const cause = await all(written).then(
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
