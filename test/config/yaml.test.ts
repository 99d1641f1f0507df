import { describe, expect, test } from 'vitest';
import { readYaml } from '../../src/config/yaml.ts';

describe('reading YAML', () => {
  test('knows the line of a key, of a list item, and of what comes nearest to a missing one', () => {
    const yaml = readYaml('a: 1\nb:\n  - c: 2\n    d: 3\n  - e: 4\n');
    expect(yaml.value).toEqual({ a: 1, b: [{ c: 2, d: 3 }, { e: 4 }] });
    expect(yaml.lineOf(['a'])).toBe(1);
    expect(yaml.lineOf(['b'])).toBe(2);
    expect(yaml.lineOf(['b', 0])).toBe(3);
    expect(yaml.lineOf(['b', 0, 'd'])).toBe(4);
    expect(yaml.lineOf(['b', 1, 'e'])).toBe(5);
    expect(yaml.lineOf(['b', 1, 'missing', 'deeper'])).toBe(5);
  });

  test('takes ${NAME} unquoted inside of braces and brackets, and in every other place', () => {
    const { value, faults } = readYaml(
      'a: { b: ${B}, c: [${C}, x${D}y] }\ne: ${E}\nf: "${F}"\ng: |\n  ${G}\n',
    );
    expect(faults).toEqual([]);
    expect(value).toEqual({ a: { b: '${B}', c: ['${C}', 'x${D}y'] }, e: '${E}', f: '${F}', g: '${G}\n' });
  });

  test('keeps the lines where a ${NAME} stands before', () => {
    expect(readYaml('a: ${A}\nb: { c: ${C} }\nd: 1\n').lineOf(['d'])).toBe(3);
  });

  test('reads an empty text as an empty mapping', () => {
    expect(readYaml('# nothing yet\n')).toMatchObject({ value: {}, faults: [] });
  });

  test('merges a mapping that is given by its anchor', () => {
    const { value, lineOf } = readYaml('a: &one { x: 1 }\nb:\n  <<: *one\n  y: 2\n');
    expect(value).toEqual({ a: { x: 1 }, b: { x: 1, y: 2 } });
    expect(lineOf(['b', 'x'])).toBe(2);
  });

  test('tells every key that is given twice, and still gives the rest', () => {
    const { value, faults } = readYaml('a:\n  b: 1\n  b: 2\nc: 3\nc: 4\n');
    expect(faults).toEqual([
      { path: ['a', 'b'], line: 3, message: 'is given twice: keep one of them' },
      { path: ['c'], line: 5, message: 'is given twice: keep one of them' },
    ]);
    expect(value).toEqual({ a: { b: 2 }, c: 4 });
  });

  test.each([
    ['a:\n\tb: 1', 2, 'tabs cannot indent YAML'],
    ['a: 1\nb: "x', 2, 'something is missing here: a closing quote'],
    ['a: b: c', 1, 'a second `key: value` on one line'],
    ['a: @x', 1, 'a value that begins with @, ` or % must be in quotes'],
    ['a: [1,\nb: 2', 2, 'the indentation or a closing bracket is not right'],
    ['a: 1\n---\nb: 2', 2, 'a second document begins here'],
    ['a: *b', 1, 'an alias (`*name`) needs an anchor'],
    ['a: !b c', 1, 'there is no such tag'],
    ['a: "\\q"', 1, 'there is no such escape in double quotes'],
    ['? [a]\n: 1', 1, 'a key must be plain text'],
    ['a: 1\n}', 2, 'this cannot stand here'],
    ['a: &a [*a]', 1, 'nests too deep, or repeats itself'],
  ])('tells what is wrong with %j, and where', (text, line, message) => {
    const { value, faults } = readYaml(text);
    expect(value).toBeUndefined();
    expect(faults[0]?.line).toBe(line);
    expect(faults[0]?.message).toContain(message);
  });

  test('refuses endless depth instead of running out of stack', () => {
    const { value, faults } = readYaml('['.repeat(3_000));
    expect(value).toBeUndefined();
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toBe('nests too deep');
    expect(readYaml(`a: ${'['.repeat(40)}${']'.repeat(40)}`).faults[0]?.message).toContain('nests too deep');
  });

  test('refuses aliases that multiply instead of filling the memory', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `k${n + 1}: &k${n + 1} [*k${n}, *k${n}, *k${n}]`);
    const { value, faults } = readYaml(`k0: &k0 x\n${lines.join('\n')}`);
    expect(value).toBeUndefined();
    expect(faults[0]?.message).toContain('repeats itself by its own aliases');
  });

  test('quotes nothing of the text, for a secret may be part of it', () => {
    const texts = [
      'a: "hush',
      'a: hush: hush',
      'a: @hush',
      '} hush',
      '%hush',
      '!hush hush',
      '*hush',
      '"\\hush"',
    ];
    for (const text of texts) {
      const { faults } = readYaml(text);
      expect(faults.length, text).toBeGreaterThan(0);
      expect(JSON.stringify(faults.map(({ message }) => message)), text).not.toContain('hush');
    }
  });
});
