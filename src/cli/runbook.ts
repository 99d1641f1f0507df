import {
  describe,
  describeRunbookFault,
  loadRunbook,
  RunbookError,
  RunbookUnreadable,
} from '../runbook/index.ts';

const USAGE = 'usage: lifeguard runbook lint FILE';

/**
 * `lifeguard runbook lint FILE`: prints what each step would run, or every fault as `file:line: message`.
 *
 * @returns 0 fine, 1 the runbook has faults, 2 bad usage or the file cannot be read
 */
export function runbook(args: readonly string[]): number {
  const [command, file, ...more] = args;
  if (command !== 'lint' || file === undefined || file.startsWith('-') || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  try {
    const read = loadRunbook(file);
    for (const line of [`${read.title} (${read.name})`, ...describe(read)]) console.log(printable(line));
    for (const note of read.notes) console.log(printable(`${describeRunbookFault(note)} (a note, no fault)`));
    return 0;
  } catch (error) {
    if (error instanceof RunbookError) {
      for (const fault of error.faults) console.error(printable(describeRunbookFault(fault)));
      return 1;
    }
    if (error instanceof RunbookUnreadable) {
      console.error(error.message);
      return 2;
    }
    throw error;
  }
}

/** A runbook may come from anywhere; what would steer the terminal is left out. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '');
}
