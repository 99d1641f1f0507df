import { resolve } from 'node:path';
import { readEnvironment } from './environment.ts';
import { ConfigError } from './fault.ts';
import { type ReadConfig, readConfig } from './parse.ts';
import type { Config, Environment } from './types.ts';
import {
  createVariables,
  type Env,
  type ReadFile,
  readText,
  type Variables,
  whyUnreadable,
} from './variables.ts';

/** From where the configuration is loaded. */
export interface Sources {
  readonly env: Env;
  /** The folder from which relative paths count. */
  readonly cwd: string;
  readonly readFile?: ReadFile;
}

/** A configuration without faults. */
export interface Loaded {
  readonly config: Config;
  readonly environment: Environment;
  /** What is allowed but hardly meant, one sentence each, with its path. */
  readonly warnings: readonly string[];
}

/**
 * Loads the environment and `lifeguard.yaml`.
 *
 * @throws ConfigError with every fault of both at once
 */
export function loadConfig({ env, cwd, readFile = readText }: Sources): Loaded {
  const variables = createVariables(env, cwd, readFile);
  const { environment, ...ofEnvironment } = readEnvironment(env, variables);
  const { config, ...ofFile } = readFrom(environment.configPath, { cwd, readFile, variables });
  const faults = [...ofEnvironment.faults, ...ofFile.faults];
  if (faults.length > 0 || config === undefined) throw new ConfigError(faults);
  return { config, environment, warnings: [...ofEnvironment.warnings, ...ofFile.warnings] };
}

interface Place {
  readonly cwd: string;
  readonly readFile: ReadFile;
  readonly variables: Variables;
}

function readFrom(path: string, { cwd, readFile, variables }: Place): ReadConfig {
  let text: string;
  try {
    text = readFile(resolve(cwd, path));
  } catch (error) {
    const message = `the file ${path} ${whyUnreadable(error)}: copy lifeguard.example.yaml to lifeguard.yaml and edit it, or set LIFEGUARD_CONFIG to the path of yours`;
    return { faults: [{ path: 'LIFEGUARD_CONFIG', message }], warnings: [] };
  }
  return readConfig(text, variables, path);
}
