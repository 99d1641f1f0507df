import { fileURLToPath } from 'node:url';
import { readText, whyUnreadable } from '../config/variables.ts';
import { parseRunbook } from './parse.ts';
import type { Runbook } from './types.ts';

/** The runbook file cannot be read; its message names the path and why. */
export class RunbookUnreadable extends Error {
  override readonly name = 'RunbookUnreadable';
}

/** Where the runbook lies that comes with Lifeguard: beside `src` and beside `dist` alike. */
export const SHIPPED_RUNBOOK = fileURLToPath(
  new URL('../../runbooks/database-connection-pool-exhaustion.md', import.meta.url),
);

/**
 * Reads a runbook file, UTF-8.
 *
 * @param path relative paths count from the working directory
 * @throws RunbookUnreadable
 * @throws RunbookError with every fault at once
 */
export function loadRunbook(path: string): Runbook {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new RunbookUnreadable(`the runbook ${path} ${whyUnreadable(error)}`);
  }
  return parseRunbook(text, path);
}

/** The runbook of a pool that names none. */
export function shippedRunbook(): Runbook {
  return loadRunbook(SHIPPED_RUNBOOK);
}
