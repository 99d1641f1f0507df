import { z } from 'zod';
import type { DamageFacts } from '../incident/facts.ts';
import { maskLiterals } from '../observe/errors.ts';
import { maskShapes } from '../observe/mask.ts';
import { faultOf, isStatementError } from '../pool/faults.ts';
import type { Lifeline } from '../pool/lifeline.ts';
import { CHECK_TIMEOUT_MS } from './check.ts';

/** `pg_stat_database` counts wrong checksums from here on. */
const CHECKSUMS_FROM = 120_000;

/** Of shared objects the name is null. Null, too, is the count where checksums are off. */
const CHECKSUMS = `
select coalesce(datname, 'the shared catalogs') as database,
       checksum_failures::float8 as failures,
       checksum_last_failure as last_at
  from pg_stat_database
 where checksum_failures > 0
   and checksum_last_failure is not null
 order by checksum_last_failure desc
 limit 1`;

const failuresRow = z.object({ database: z.string(), failures: z.number(), last_at: z.date() });

/**
 * The database of the server whose pages had a wrong checksum last; `undefined` where none had, or the server
 * does not count them. Throws as `Lifeline.query` does.
 */
export async function readChecksumFailures(
  lifeline: Pick<Lifeline, 'query' | 'state'>,
): Promise<DamageFacts | undefined> {
  if ((lifeline.state().serverVersion ?? 0) < CHECKSUMS_FROM) return undefined;
  const [row] = z
    .array(failuresRow)
    .parse(await lifeline.query(CHECKSUMS, [], { timeoutMs: CHECK_TIMEOUT_MS }));
  if (row === undefined) return undefined;
  const { database, failures, last_at } = row;
  return { kind: 'checksum', database, failures, lastAt: last_at.toISOString() };
}

/** Reports of class XX that two statements at the same time bring about in sound catalogs, too. */
const RACES = /^(cache lookup failed|tuple concurrently|could not open relation with OID)/;

/**
 * Whether an error of a statement speaks for damaged data: SQLSTATE class XX, which is internal error, data
 * corrupted and index corrupted (PostgreSQL documentation, appendix "Error Codes").
 */
export function damageIn(error: unknown): DamageFacts | undefined {
  if (!isStatementError(error)) return undefined;
  const { code, message } = faultOf(error);
  if (!code.startsWith('XX') || RACES.test(message)) return undefined;
  return {
    kind: 'sqlstate',
    sqlstate: code,
    message: maskShapes(maskLiterals(message, code)).replace(/\s+/g, ' ').slice(0, 200),
  };
}
