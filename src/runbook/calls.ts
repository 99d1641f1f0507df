import type { Code } from 'mdast';
import { draftsOf, quoteValue, valueAt } from '../config/explain.ts';
import { suggestion } from '../config/nearest.ts';
import { isMapping } from '../config/schema/strict.ts';
import { readYaml } from '../config/yaml.ts';
import { BUILTIN_CHECKS, BUILTIN_NAMES, type BuiltinCall, isBuiltinName } from './builtin.ts';
import type { Findings } from './fault.ts';
import { lineOf } from './markdown.ts';

/** Reads a `checks` block: a list of names of built-in checks, each with or without parameters. */
export function readCalls(code: Code, findings: Findings): readonly BuiltinCall[] {
  const first = lineOf(code) + 1;
  const yaml = readYaml(code.value);
  for (const { line, message } of yaml.faults) findings.fault(first + line - 1, `checks: ${message}`);
  if (yaml.value === undefined) return [];
  if (!Array.isArray(yaml.value) || yaml.value.length === 0) {
    findings.fault(first - 1, 'checks: must be a list of checks, such as `- utilisation`');
    return [];
  }
  return yaml.value.flatMap((item: unknown, index) => {
    const call = readCall(item, (path, message) =>
      findings.fault(first + yaml.lineOf([index, ...path]) - 1, message),
    );
    return call === undefined ? [] : [withLine(call, first + yaml.lineOf([index]) - 1)];
  });
}

type Tell = (path: readonly (string | number)[], message: string) => void;

function readCall(item: unknown, tell: Tell): BuiltinCall | undefined {
  const [name, given, ...more] = typeof item === 'string' ? [item, {}] : isMapping(item) ? flat(item) : [];
  if (name === undefined || more.length > 0) {
    tell([], 'checks: each item is the name of a check, or a name, a colon and its parameters in { }');
    return undefined;
  }
  if (!isBuiltinName(name)) {
    tell(
      [],
      `checks: there is no check \`${name.slice(0, 60)}\`${suggestion(name.slice(0, 60), BUILTIN_NAMES)}`,
    );
    return undefined;
  }
  // Nothing behind the colon means what no colon means.
  const params = given ?? {};
  const parsed = BUILTIN_CHECKS[name].safeParse(params);
  // The schema was picked by the name, which the compiler cannot follow through a union.
  if (parsed.success) return { kind: 'builtin', name, params: parsed.data, line: 0 } as BuiltinCall;
  for (const { path, message } of draftsOf(parsed.error.issues)) {
    const said = quoteValue(message, valueAt(params, path), []);
    tell([name, ...path], `${[name, ...path].join('.')}: ${said}`);
  }
  return undefined;
}

/** `{ name: parameters }` as name, parameters; and more of both, when there is more than one key. */
function flat(item: Readonly<Record<string, unknown>>): [string?, unknown?, ...unknown[]] {
  const [first, ...others] = Object.entries(item);
  return first === undefined ? [] : [...first, ...others];
}

function withLine(call: BuiltinCall, line: number): BuiltinCall {
  return { ...call, line };
}
