import type { PoolSizeTarget as AnyPoolSizeTarget } from '../../incident/remedy.ts';
import { isStatementError } from '../../pool/faults.ts';
import {
  type Console,
  readDatabases,
  readDefaultPoolSize,
  settingPoolSize,
  withConsole,
} from '../../pool/pgbouncer.ts';
import type { RemedyResult } from '../remedy.ts';

type PoolSizeTarget = Extract<AnyPoolSizeTarget, { way: 'pgbouncer' }>;

/** What lets a user of the console change settings, ready to be shown. */
export function adminMend(user: string): string {
  return `PgBouncer lets ${user} look and change nothing; mend: add it to \`admin_users\` in its configuration and run \`RELOAD\``;
}

/** Why the size of a database cannot be changed here: the console has no command for one of its own. */
export function ownSizeMend(name: string, size: number): string {
  return `database ${name} has a \`pool_size\` of its own in PgBouncer (${size}), which \`default_pool_size\` does not reach; mend: take \`pool_size\` out of its line in \`[databases]\` and run \`RELOAD\`, or raise it there`;
}

/**
 * Sets `default_pool_size` to what was approved, if it still is what it was when people were shown it. The
 * console takes no condition, so the comparison is a command before it.
 *
 * @param databaseName the server's database for whose sake it is done
 * @throws AwayError when PgBouncer is away after it may have happened
 */
export function raisePoolSize(
  url: string,
  target: PoolSizeTarget,
  databaseName: string,
  again: boolean,
): Promise<RemedyResult> {
  return timed(url, async (console, result) => {
    if (console.at !== target.at) return result('nothing_to_do', elsewhere(console, target));
    const size = await readDefaultPoolSize(console);
    if (size === target.to) {
      return again
        ? result(
            'done',
            `\`default_pool_size\` is ${size}; Lifeguard was restarted or cut off while raising it`,
          )
        : result('nothing_to_do', `\`default_pool_size\` is ${size} already; nothing was done`);
    }
    if (size !== target.from) return result('nothing_to_do', changedSince(size, target.from));
    const refusal = await set(console, target.to);
    if (refusal !== undefined) return result('refused', refusal);
    // One that has a size of its own, equal to the default, looks like all others until now.
    const ours = (await readDatabases(console)).filter(({ database }) => database === databaseName);
    if (ours.some(({ poolSize }) => poolSize === target.to)) {
      return result('done', `\`default_pool_size\` was raised from ${target.from} to ${target.to}`);
    }
    await set(console, target.from);
    const [first] = ours;
    return result(
      'refused',
      first === undefined
        ? `PgBouncer serves no database ${databaseName} any more; \`default_pool_size\` was set back`
        : `${ownSizeMend(first.name, first.poolSize)}. \`default_pool_size\` was set back to ${target.from}`,
    );
  });
}

/**
 * Sets `default_pool_size` back to what it was, if it is still what we have set.
 *
 * @throws AwayError when PgBouncer is away
 */
export function lowerPoolSize(url: string, target: PoolSizeTarget, again: boolean): Promise<RemedyResult> {
  return timed(url, async (console, result) => {
    if (console.at !== target.at) {
      const byHand = `; set it back there by \`${settingPoolSize(target.from)}\``;
      return result('failed', `${elsewhere(console, target)}${byHand}`);
    }
    const size = await readDefaultPoolSize(console);
    if (size === target.from) {
      return again
        ? result('done', `\`default_pool_size\` is ${size} again`)
        : result('nothing_to_do', `\`default_pool_size\` was ${size} again already; nothing was done`);
    }
    if (size !== target.to) return result('nothing_to_do', changedSince(size, target.to));
    const refusal = await set(console, target.from);
    if (refusal !== undefined) return result('refused', refusal);
    return result('done', `\`default_pool_size\` is ${target.from} again`);
  });
}

/** Why it was refused; `undefined` when it was set. */
async function set(console: Console, size: number): Promise<string | undefined> {
  try {
    await console.ask(settingPoolSize(size));
    return undefined;
  } catch (error) {
    if (!isStatementError(error)) throw error;
    return /admin access/i.test(error.message)
      ? adminMend(console.user)
      : `PgBouncer refused \`${settingPoolSize(size)}\`: ${error.message}`;
  }
}

function changedSince(size: number, was: number): string {
  return `someone has set \`default_pool_size\` to ${size} since (it was ${was}); it is left as it is`;
}

function elsewhere(console: Console, { at }: PoolSizeTarget): string {
  return `\`pool_size.pgbouncer\` in lifeguard.yaml leads to ${console.at} now and not to ${at}`;
}

type Result = (outcome: RemedyResult['outcome'], detail: string) => RemedyResult;

async function timed(
  url: string,
  work: (console: Console, result: Result) => Promise<RemedyResult>,
): Promise<RemedyResult> {
  const begun = performance.now();
  return await withConsole(url, (console) =>
    work(console, (outcome, detail) => ({ outcome, detail, ms: performance.now() - begun })),
  );
}
