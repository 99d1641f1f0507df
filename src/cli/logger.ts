import { secretsOf } from '../config/index.ts';
import type { Config, Environment } from '../config/types.ts';
import { createLogger, type Logger } from '../observe/log.ts';

/** The logger of a command: JSON lines, with every secret of the configuration masked. */
export function loggerFor(config: Config, environment: Environment): Logger {
  const { logLevel } = environment;
  // Two of pino's levels that nothing here writes at: they mean the nearest that is.
  const level = logLevel === 'trace' ? 'debug' : logLevel === 'fatal' ? 'error' : logLevel;
  return createLogger({ level, secrets: secretsOf(environment, config) });
}
