import { suggestion } from '../nearest.ts';
import type { Fault } from '../types.ts';
import type { Env, Variables } from '../variables.ts';

/** Reads variables one by one and collects what is wrong with them. An empty variable is one that is not set. */
export interface Reader {
  readonly faults: readonly Fault[];
  /** A variable as it is; its faults may be shown, so it is not for secrets. */
  text(name: string): string | undefined;
  /** A secret, from `NAME` or from the file that `NAME_FILE` names. */
  secret(name: string): string | undefined;
  /** One of some words; the default when it is not set or is none of them. */
  word<const W extends readonly string[]>(name: string, words: W, otherwise: W[number]): W[number];
  fault(name: string, message: string): void;
}

/** A reader of `env`; secrets come through `variables`. */
export function createReader(env: Env, variables: Variables): Reader {
  const faults: Fault[] = [];
  const fault = (path: string, message: string): void => {
    faults.push({ path, message });
  };
  const text = (name: string): string | undefined => {
    const value = (env[name] ?? '').trim();
    return value === '' ? undefined : value;
  };
  return {
    faults,
    fault,
    text,
    secret(name) {
      const variable = variables.get(name);
      if ('wrong' in variable) fault(name, variable.wrong);
      return 'value' in variable ? variable.value : undefined;
    },
    word(name, words, otherwise) {
      const value = text(name);
      if (value === undefined) return otherwise;
      const word = words.find((one) => one === value);
      if (word === undefined)
        fault(name, `${JSON.stringify(value)} is not one of its words${suggestion(value, words)}`);
      return word ?? otherwise;
    },
  };
}
