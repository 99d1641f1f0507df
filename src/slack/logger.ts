import { type Logger as BoltLogger, LogLevel } from '@slack/web-api';
import type { Logger } from '../observe/log.ts';

/** Bolt's and the Web API client's words, into our log; their chatter below a warning is left out. */
export function boltLogger(log: Logger): BoltLogger {
  let level = LogLevel.WARN;
  const words = (parts: unknown[]): string =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts) => log.warn({ from: 'slack' }, words(parts)),
    error: (...parts) => log.error({ from: 'slack' }, words(parts)),
    setLevel: (next) => {
      level = next;
    },
    getLevel: () => level,
    setName: () => undefined,
  };
}
