import { AwayError } from '../../pool/faults.ts';
import { readSizes, withConsole } from '../../pool/pgbouncer.ts';
import { adminMend } from '../../remedies/executors/pgbouncer.ts';
import { about, type Check } from './finding.ts';

/** Whether PgBouncer's console answers, and lets us change the size of its pools. */
export function pgbouncerCheck(pool: string, url: string): Check {
  const subject = `pool ${pool} pgbouncer`;
  const { ok, fail } = about(subject);
  return {
    subject,
    async run() {
      try {
        return await withConsole(url, async (console) => {
          const { isAdmin, defaultPoolSize } = await readSizes(console);
          return isAdmin
            ? [ok(`${console.user} is an admin, default_pool_size is ${defaultPoolSize}`)]
            : [fail(adminMend(console.user))];
        });
      } catch (error) {
        if (error instanceof AwayError) return [fail(error.message)];
        throw error;
      }
    },
  };
}
