import type { Path } from './fault.ts';
import type { Variables } from './variables.ts';

/** A configuration with its variables filled in. */
export interface Interpolated {
  readonly value: unknown;
  /** What could not be filled in. The text is left there as it was written. */
  readonly faults: readonly { readonly path: Path; readonly message: string }[];
  /** The names of the variables whose values went into the text at `path`; empty for text of the file alone. */
  variablesAt(path: Path): readonly string[];
}

/** `$${` (a literal `${`), or `${` with what follows up to its brace, if it has one. */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces `${NAME}` in every text of `raw` by the variable. It works on what was read from the file, not
 * on the file, so the content of a variable can become nothing but text. Keys are left alone.
 *
 * @param raw plain data without cycles
 */
export function interpolate(raw: unknown, variables: Variables): Interpolated {
  const faults: { path: Path; message: string }[] = [];
  const used = new Map<string, readonly string[]>();

  const inText = (text: string, path: Path): string => {
    const names: string[] = [];
    const problems: string[] = [];
    const filled = text.replaceAll(REFERENCE, (whole: string, name: string | undefined, brace: string) => {
      if (name === undefined) return '${';
      if (brace === '' || !NAME.test(name)) {
        problems.push(
          'holds `${` without a name and `}` after it: write `${NAME}`, or `$${` for a literal `${`',
        );
        return whole;
      }
      const variable = variables.get(name);
      if ('value' in variable) {
        names.push(name);
        return variable.value;
      }
      problems.push(
        'wrong' in variable
          ? `the variable ${name} ${variable.wrong}`
          : `the variable ${name} is not set or empty: set it, or ${name}_FILE with the path of a file that holds it`,
      );
      return whole;
    });
    if (names.length > 0) used.set(keyOf(path), names);
    for (const message of problems) faults.push({ path, message });
    return filled;
  };

  const inside = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return inText(value, path);
    if (Array.isArray(value)) return value.map((item, index) => inside(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, inside(inner, [...path, key])]),
    );
  };

  const value = inside(raw, []);
  return { value, faults, variablesAt: (path) => used.get(keyOf(path)) ?? [] };
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}
