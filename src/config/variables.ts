import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Environment variables, as `process.env` has them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Reads a file as text, or throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

/** What is known of one variable. */
export type Variable =
  | { readonly value: string }
  | { readonly missing: true }
  /** It cannot be had; `wrong` is a predicate without a subject. */
  | { readonly wrong: string };

/** The variables of the environment, each to be had from a file as well. */
export interface Variables {
  /** `NAME`, or the content of the file that `NAME_FILE` names. An empty variable is one that is not set. */
  get(name: string): Variable;
}

/** Container platforms mount a secret as a file; `NAME_FILE` says where. */
const FILE_SUFFIX = '_FILE';

/**
 * The variables of `env`. Paths in `NAME_FILE` count from `cwd`; the line break at the end of such a
 * file is not part of the value.
 */
export function createVariables(env: Env, cwd: string, readFile: ReadFile = readText): Variables {
  return {
    get(name) {
      const value = env[name] ?? '';
      const file = env[name + FILE_SUFFIX] ?? '';
      if (value !== '' && file !== '')
        return { wrong: `is set, and so is ${name}${FILE_SUFFIX}: keep one of them` };
      if (value !== '') return { value };
      if (file === '') return { missing: true };
      try {
        const content = readFile(resolve(cwd, file)).replace(/[\r\n]+$/, '');
        return content === ''
          ? { wrong: `is empty: so is the file that ${name}${FILE_SUFFIX} names` }
          : { value: content };
      } catch (error) {
        return { wrong: `cannot be read: the file that ${name}${FILE_SUFFIX} names ${whyUnreadable(error)}` };
      }
    },
  };
}

/** Why a file could not be read, as a predicate; built from the error's code, never from its content. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user';
    case 'EISDIR':
      return 'is a folder';
    default:
      return typeof code === 'string' ? `cannot be read (${code})` : 'cannot be read';
  }
}

/** Reads a text file, UTF-8. */
export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
