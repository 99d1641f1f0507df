import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test learns about an outside program it wants to run. */
export interface Need {
  /** The program was found and may be executed. */
  readonly present: boolean;
  /** Pass this to `describe.skipIf`: true when the program is absent and skipping is allowed. */
  readonly skip: boolean;
  /** For the test's title: names the Debian package that brings the program; empty when it is there. */
  readonly reason: string;
}

/** Folders that hold daemons and are missing from an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Looks for an outside program that a test drives.
 * @param program its name (looked up in PATH and the system folders) or its absolute path
 * @param debianPackage the Debian package that brings it, named in the test's title when it is absent
 * @returns `skip` is never true under LIFEGUARD_NO_SKIP=1: there the test runs and fails
 */
export function needs(program: string, debianPackage: string): Need {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const present = program.includes('/')
    ? isExecutable(program)
    : folders.some((folder) => folder !== '' && isExecutable(join(folder, program)));
  return {
    present,
    skip: !present && process.env.LIFEGUARD_NO_SKIP !== '1',
    reason: present ? '' : ` (needs the Debian package ${debianPackage})`,
  };
}
