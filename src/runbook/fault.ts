/** One thing that is wrong, or hardly meant, at one line (from 1) of a runbook. */
export interface RunbookFault {
  /** The file as it was named to the parser. */
  readonly file: string;
  readonly line: number;
  /** What is wrong and what mends it. */
  readonly message: string;
}

/** The runbook cannot be used. Names every fault at once, in the order of the file. */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly faults: readonly RunbookFault[];

  constructor(faults: readonly RunbookFault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super(
      `${count} in the runbook:\n${faults.map((fault) => `  ${describeRunbookFault(fault)}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

/** A fault in one line, as compilers write it: `file:line: message`. */
export function describeRunbookFault({ file, line, message }: RunbookFault): string {
  return `${file}:${line}: ${message}`;
}

/** Where the parts of the parser put what they find, so that all of it is told at once. */
export interface Findings {
  /** Wrong: the runbook will be refused. */
  fault(line: number, message: string): void;
  /** Allowed, but the author may think that it does something. */
  note(line: number, message: string): void;
}

/** Faults and notes of one file, collected. */
export interface CollectedFindings extends Findings {
  /** Each in the order of the file. */
  readonly faults: () => readonly RunbookFault[];
  readonly notes: () => readonly RunbookFault[];
}

/** Collects what is found in `file`. */
export function collectFindings(file: string): CollectedFindings {
  const faults: RunbookFault[] = [];
  const notes: RunbookFault[] = [];
  const inOrder = (found: readonly RunbookFault[]) => found.toSorted((one, other) => one.line - other.line);
  return {
    fault: (line, message) => void faults.push({ file, line, message }),
    note: (line, message) => void notes.push({ file, line, message }),
    faults: () => inOrder(faults),
    notes: () => inOrder(notes),
  };
}
