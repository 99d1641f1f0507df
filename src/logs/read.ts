import type { LogsConfig } from '../config/types.ts';
import { dockerLog } from './docker.ts';
import { fileLog } from './file.ts';
import { kubernetesLog } from './kubernetes.ts';
import { lokiLog } from './loki.ts';

/** The last `logs.lines` lines of the application's log, newest last. Throws a CheckFailure with the mend. */
export function readLogTail(logs: LogsConfig, timeoutMs: number): Promise<string[]> {
  if ('docker' in logs) return dockerLog(logs.docker, logs.lines, timeoutMs);
  if ('loki' in logs) return lokiLog(logs.loki, logs.lines, timeoutMs);
  if ('kubernetes' in logs) return kubernetesLog(logs.kubernetes, logs.lines, timeoutMs);
  return fileLog(logs.file, logs.lines);
}
