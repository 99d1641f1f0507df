import type { Masker } from '../../observe/mask.ts';

/** What one check found. `fail` makes the exit code 1; `warn` is for what works and is hardly meant. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'FAIL';
  /** What was checked: `store`, `pool orders`. */
  readonly subject: string;
  /** What was found, and the statement or setting that mends it. Never holds a secret. */
  readonly text: string;
}

/** One subject of `lifeguard check`. It may throw: that is a failed check too. */
export interface Check {
  readonly subject: string;
  run(): Promise<readonly Finding[]>;
}

/** No check takes longer than this, in milliseconds. */
export const CHECK_TIMEOUT_MS = 5_000;

/** The findings of one subject, named once. */
export function about(subject: string) {
  return {
    ok: (text: string): Finding => ({ level: 'ok', subject, text }),
    warn: (text: string): Finding => ({ level: 'warn', subject, text }),
    fail: (text: string): Finding => ({ level: 'FAIL', subject, text }),
  };
}

/**
 * Runs all checks at the same time and gives their findings in the order of the checks. One that throws
 * or takes too long has failed; the rest is told all the same.
 */
export async function runChecks(
  checks: readonly Check[],
  timeoutMs: number = CHECK_TIMEOUT_MS,
): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<readonly Finding[]>((resolve) => {
        timer = setTimeout(
          () => resolve([about(check.subject).fail(`no answer within ${timeoutMs / 1_000} s`)]),
          timeoutMs,
        );
      });
      try {
        return await Promise.race([check.run(), late]);
      } catch (error) {
        return [about(check.subject).fail(reasonOf(error))];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return found.flat();
}

/** An error in words; what the system says about an address that cannot be reached is in `code` or inside. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return [...new Set(error.errors.map(reasonOf))].join('; ');
  }
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

/** A finding as a line: `FAIL  pool orders: …`. Anything secret that an error repeated is masked. */
export function lineOf({ level, subject, text }: Finding, mask: Masker): string {
  return mask(`${level.padEnd(4)}  ${subject}: ${text.replaceAll(/\s*\n\s*/g, ' ')}`);
}
