import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A user of the operating system. */
export type Account = { name: string; uid: number; gid: number };

/** Accounts without rights of their own, best first. */
const CANDIDATES = ['postgres', 'nobody'];

/**
 * The account that PostgreSQL has to run as: undefined for our own, which will do unless it is root's.
 * Throws an Error that says to set DATABASE_URL when root finds no other account.
 */
export async function accountFor(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    try {
      const [uid = 0, gid = 0] = (await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])).map(
        ({ stdout }) => Number(stdout),
      );
      if (Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0) return { name, uid, gid };
    } catch {
      // No such account here.
    }
  }
  throw new Error(
    `embedded PostgreSQL: PostgreSQL refuses to run as root, and this system has none of the users ${CANDIDATES.join(', ')}: run as an ordinary user, or set DATABASE_URL`,
  );
}

/** Whether `account` can enter the folder, or execute the file, `path`: asked of the system in its name. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], {
      uid: account.uid,
      gid: account.gid,
      cwd: '/',
    });
    return true;
  } catch {
    return false;
  }
}
