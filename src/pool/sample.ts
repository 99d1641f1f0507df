import { z } from 'zod';
import type { Sample } from '../store/samples.ts';
import type { Lifeline } from './lifeline.ts';
import type { Point } from './series.ts';

/**
 * Counts and nothing else, every 15 s for ever, so it must cost little: no query texts, no joins of ours.
 * Whose rows our role may not see (no backend_type) count when they have a user and a database; what
 * they do is not known.
 */
const COUNTS = `
select count(*)::int as used,
       current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true), '0')::int as usable,
       count(*) filter (where a.state = 'active')::int as active,
       count(*) filter (where a.state = 'idle')::int as idle,
       count(*) filter (where a.state like 'idle in transaction%')::int as idle_in_transaction
  from pg_stat_activity a
 where a.backend_type = 'client backend'
    or (a.backend_type is null and a.usesysid is not null and a.datid is not null)`;

const countsRow = z.tuple([
  z.object({
    used: z.int(),
    usable: z.int(),
    active: z.int(),
    idle: z.int(),
    idle_in_transaction: z.int(),
  }),
]);

/**
 * Reads how full the pool's server is, by one light statement; `at` is given to the sample as it is.
 * Throws as `Lifeline.query` does.
 */
export async function readSample(lifeline: Pick<Lifeline, 'query'>, at: Date): Promise<Sample> {
  const [{ idle_in_transaction, ...counts }] = countsRow.parse(await lifeline.query(COUNTS));
  return { at, ...counts, idleInTransaction: idle_in_transaction };
}

/** A sample as per cent of what ordinary roles can have. */
export function utilisationPoint({ at, used, usable }: Sample): Point {
  return { at, value: usable > 0 ? (used / usable) * 100 : 100 };
}
