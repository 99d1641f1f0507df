import { draftsOf, quoteValue, valueAt } from './explain.ts';
import { ConfigError, formatPath } from './fault.ts';
import { interpolate } from './interpolate.ts';
import { literalSecrets } from './literals.ts';
import { brokenRules } from './rules.ts';
import { configOf, fileSchema } from './schema.ts';
import type { Config, Fault } from './types.ts';
import { createVariables, type Env, type Variables } from './variables.ts';
import { warningsOf } from './warnings.ts';
import { readYaml } from './yaml.ts';

/** What became of a configuration file. */
export interface ReadConfig {
  /** Absent when there are faults. */
  readonly config?: Config;
  /** In the order of the file. */
  readonly faults: readonly Fault[];
  /** What is allowed but hardly meant. */
  readonly warnings: readonly string[];
}

/** Reads a configuration and tells all its faults; throws nothing. */
export function readConfig(text: string, variables: Variables, filename: string): ReadConfig {
  const yaml = readYaml(text);
  const faults = yaml.faults.map(({ path, ...fault }) => ({ path: formatPath(path) || filename, ...fault }));
  if (yaml.value === undefined) return { faults, warnings: [] };

  const filled = interpolate(yaml.value, variables);
  const parsed = fileSchema.safeParse(filled.value);
  const unfilled = new Set(filled.faults.map(({ path }) => formatPath(path)));
  const rest = 'value' in variables.get('PAGERDUTY_API_TOKEN');
  const drafts = [
    ...filled.faults,
    // Where a variable is missing there is no value yet that could be wrong.
    ...[...draftsOf(parsed.error?.issues ?? []), ...brokenRules(filled.value, rest)].filter(
      ({ path }) => !unfilled.has(formatPath(path)),
    ),
  ];
  faults.push(
    ...drafts.map(({ path, message }) => ({
      path: formatPath(path) || filename,
      line: yaml.lineOf(path),
      message: quoteValue(message, valueAt(filled.value, path), filled.variablesAt(path)),
    })),
  );
  if (faults.length > 0 || !parsed.success) {
    return { faults: faults.sort((one, other) => one.line - other.line), warnings: [] };
  }
  const config = configOf(parsed.data);
  return { config, faults: [], warnings: [...warningsOf(config), ...literalSecrets(filled)] };
}

/**
 * Reads the text of a `lifeguard.yaml`.
 *
 * @param env the variables that `${NAME}` in it may name
 * @param filename what faults of the whole file call it
 * @throws ConfigError with every fault at once
 */
export function parseConfig(
  text: string,
  env: Env = {},
  filename = 'lifeguard.yaml',
): { readonly config: Config; readonly warnings: readonly string[] } {
  const { config, faults, warnings } = readConfig(text, createVariables(env, process.cwd()), filename);
  if (config === undefined) throw new ConfigError(faults);
  return { config, warnings };
}
