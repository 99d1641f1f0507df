import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

const SCRIPT = join(import.meta.dirname, '../../deploy/postgresql/lifeguard-role.sql');

/**
 * Makes the role that deploy/postgresql/lifeguard-role.sql makes, under another name: a superuser of the tests'
 * clusters is called lifeguard already.
 */
export async function makeLeastRole(admin: pg.Client, name: string, password = 'pw'): Promise<void> {
  const script = await readFile(SCRIPT, 'utf8');
  const renamed = script
    .replaceAll("'lifeguard'", `'${name}'`)
    .replaceAll(/\b(role|to) lifeguard\b/g, `$1 ${name}`);
  // Twice, for it may be run again.
  await admin.query(renamed);
  await admin.query(renamed);
  await admin.query(`alter role ${name} password '${password}'`);
}
