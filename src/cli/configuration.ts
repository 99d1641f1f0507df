import { ConfigError, loadConfig } from '../config/index.ts';

/**
 * Reads the configuration; prints every fault at once, with its path, when there is one.
 *
 * @returns `undefined` when it is faulty
 */
export function readConfiguration(): ReturnType<typeof loadConfig> | undefined {
  try {
    return loadConfig({ env: process.env, cwd: process.cwd() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const fault of error.faults) {
      const line = fault.line === undefined ? '' : ` (line ${fault.line})`;
      console.error(`${fault.path}${line}: ${fault.message}`);
    }
    return undefined;
  }
}
