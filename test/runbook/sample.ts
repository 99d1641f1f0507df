import { parseRunbook, RunbookError } from '../../src/runbook/index.ts';

/** The least that a runbook needs; the diagnosis begins on line 10. */
export const LEAST = `# Pool is full

## Alert

- **Names**: PoolFull
- **Severity**: warning
- **Threshold**: above 80 %
- **Duration**: 90s

## Diagnosis
`;

/** A runbook of which only the first step's content, from line 14 on, is given. */
export function withStep(content: string): string {
  return `${LEAST}\n### Step 1: Look\n\n${content}\n`;
}

/** The faults of a runbook as `line: message`; empty when it has none. */
export function faultsOf(text: string): string[] {
  try {
    parseRunbook(text, 'own.md');
    return [];
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return error.faults.map(({ line, message }) => `${line}: ${message}`);
  }
}
