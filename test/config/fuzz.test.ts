import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readYaml } from '../../src/config/yaml.ts';
import { runs } from '../support/fuzz.ts';
import { CONTRACT, CONTRACT_ENV, faultsOf } from './sample.ts';

/** Marks every value that comes from the environment. */
const HUSH = 'zqx7';

const MARKED_ENV = Object.fromEntries(Object.keys(CONTRACT_ENV).map((name) => [name, HUSH]));

/** Characters that mean something in YAML, or to us. */
const SHARP = fc.constantFrom(
  ...'{}[]:,-?&*!|>\'"%@`#$\\\n\t ~<=.0aé',
  '\uFDD0',
  '${',
  '$${',
  '${PD_L1}',
  '<<: *a\n',
);

/** The contract's configuration with one stretch of it replaced. */
const damaged = fc
  .tuple(
    fc.nat(CONTRACT.length - 1),
    fc.nat(12),
    fc.array(fc.oneof(SHARP, fc.string({ maxLength: 3 })), { maxLength: 6 }),
  )
  .map(([at, length, inserted]) => CONTRACT.slice(0, at) + inserted.join('') + CONTRACT.slice(at + length));

/** The contract's configuration with the value at one random place replaced by any other. */
const misused = fc
  .tuple(fc.nat(), fc.jsonValue({ maxDepth: 2 }))
  .map(([pick, value]) => stringify(replaced(readYaml(CONTRACT).value, pick, value)));

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(SHARP, { maxLength: 60 }).map((parts) => parts.join('')),
  fc.jsonValue().map((value) => stringify(value)),
  damaged,
  misused,
);

/** `value` with `other` in the place of its `pick`-th part. */
function replaced(value: unknown, pick: number, other: unknown): unknown {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const [key, inner] = entries[pick % Math.max(1, entries.length)] ?? [];
  if (key === undefined || pick % 7 === 0) return other;
  const changed = Object.entries({
    ...(value as object),
    [key]: replaced(inner, Math.floor(pick / 3), other),
  });
  return Array.isArray(value) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
}

test('whatever the text, it is a configuration or a ConfigError that names its faults', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const fault of faultsOf(text, CONTRACT_ENV)) {
        expect(fault.path).not.toBe('');
        expect(fault.message).not.toBe('');
        expect(fault.message).not.toContain('{value}');
        expect(fault.message).not.toContain('Invalid');
        expect(fault.line).toBeGreaterThan(0);
        expect(fault.line).toBeLessThanOrEqual(text.split(/\r?\n|\r/).length);
      }
    }),
    { numRuns: runs(120) },
  );
});

test('whatever is wrong, no value of a variable is told', () => {
  fc.assert(
    fc.property(fc.oneof(damaged, misused), (text) => {
      expect(JSON.stringify(faultsOf(text, MARKED_ENV))).not.toContain(HUSH);
    }),
    { numRuns: runs(100) },
  );
});
