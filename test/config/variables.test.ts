import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interpolate } from '../../src/config/interpolate.ts';
import { createVariables } from '../../src/config/variables.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeguard-variables-'));
  writeFileSync(join(folder, 'secret'), 'from a file\n');
  writeFileSync(join(folder, 'empty'), '\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

function variables(env: Record<string, string>) {
  return createVariables(env, folder);
}

describe('a variable', () => {
  test('is its value', () => {
    expect(variables({ A: ' x ' }).get('A')).toEqual({ value: ' x ' });
  });

  test('is the content of the file that NAME_FILE names, without the line break at its end', () => {
    expect(variables({ A_FILE: 'secret' }).get('A')).toEqual({ value: 'from a file' });
    expect(variables({ A_FILE: join(folder, 'secret') }).get('A')).toEqual({ value: 'from a file' });
  });

  test('is missing when it is not set, or empty', () => {
    expect(variables({}).get('A')).toEqual({ missing: true });
    expect(variables({ A: '', A_FILE: '' }).get('A')).toEqual({ missing: true });
  });

  test('is wrong when it and its file are both set', () => {
    expect(variables({ A: 'x', A_FILE: 'secret' }).get('A')).toEqual({
      wrong: 'is set, and so is A_FILE: keep one of them',
    });
  });

  test.each([
    ['nowhere', 'cannot be read: the file that A_FILE names does not exist'],
    ['.', 'cannot be read: the file that A_FILE names is a folder'],
    ['empty', 'is empty: so is the file that A_FILE names'],
    ['se\0cret', 'cannot be read: the file that A_FILE names cannot be read (ERR_INVALID_ARG_VALUE)'],
  ])('is wrong when its file is %j', (file, wrong) => {
    expect(variables({ A_FILE: file }).get('A')).toEqual({ wrong });
  });
});

describe('filling in variables', () => {
  const env = { A: 'one', B_FILE: 'secret', YAML: 'x\ninjected: true', NESTED: '${A}' };
  const filled = (raw: unknown) => interpolate(raw, variables(env));

  test('replaces ${NAME} in every text, alone or within it, and leaves keys and other values alone', () => {
    const raw = { a: '${A}', b: ['x${A}y${B}', 5, null, true], '${A}': '' };
    expect(filled(raw).value).toEqual({ a: 'one', b: ['xoneyfrom a file', 5, null, true], '${A}': '' });
  });

  test('takes the content of a variable for text, whatever it holds', () => {
    expect(filled({ a: '${YAML}' }).value).toEqual({ a: 'x\ninjected: true' });
    expect(filled({ a: '${NESTED}' }).value).toEqual({ a: '${A}' });
  });

  test('reads $${ as a plain ${', () => {
    expect(filled({ a: '$${A} ${A} $A {A}' })).toMatchObject({ value: { a: '${A} one $A {A}' }, faults: [] });
  });

  test('remembers which variables went into which text', () => {
    const result = filled({ a: ['plain', '${A}-${B}'] });
    expect(result.variablesAt(['a', 1])).toEqual(['A', 'B']);
    expect(result.variablesAt(['a', 0])).toEqual([]);
  });

  test('faults a name that is not set, and leaves the text as it was', () => {
    const result = filled({ a: { b: '${NOPE}' } });
    expect(result.value).toEqual({ a: { b: '${NOPE}' } });
    expect(result.faults).toEqual([
      {
        path: ['a', 'b'],
        message:
          'the variable NOPE is not set or empty: set it, or NOPE_FILE with the path of a file that holds it',
      },
    ]);
  });

  test.each(['${', '${A', '${}', '${A B}', '${A:-default}', '${1A}'])(
    'faults %j, which names nothing',
    (text) => {
      expect(filled([text]).faults).toEqual([
        {
          path: [0],
          message: 'holds `${` without a name and `}` after it: write `${NAME}`, or `$${` for a literal `${`',
        },
      ]);
    },
  );
});
