import type { Fault } from './types.ts';

/** A place in the configuration: the keys and list positions that lead to it. */
export type Path = readonly (string | number)[];

/**
 * The configuration cannot be used. Names every fault at once, in the order of the file; its message is
 * fit to be printed as it is.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super(`${count} in the configuration:\n${faults.map((fault) => `  ${describeFault(fault)}`).join('\n')}`);
    this.faults = faults;
  }
}

/** A fault in one line: `line 12: pools[0].threshold: …`. */
export function describeFault({ path, line, message }: Fault): string {
  const parts = [line === undefined ? '' : `line ${line}`, path, message];
  return parts.filter((part) => part !== '').join(': ');
}

/** Writes a path the way people write it: `pools[0].verify.within`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[\w-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
