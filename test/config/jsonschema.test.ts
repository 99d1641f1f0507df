import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configJsonSchema, type JsonSchema } from '../../src/config/jsonschema.ts';
import { readYaml } from '../../src/config/yaml.ts';
import { fits } from './json-schema-check.ts';
import { CONTRACT } from './sample.ts';

const COMMITTED = new URL('../../lifeguard.schema.json', import.meta.url);
const EXAMPLE = new URL('../../lifeguard.example.yaml', import.meta.url);

/** Every key of a schema, with its schema, by its path. */
function keysOf(schema: unknown, path = ''): [string, JsonSchema][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items } = schema as { properties?: Record<string, JsonSchema>; items?: unknown };
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, inner]): [string, JsonSchema][] => {
      const name = path === '' ? key : `${path}.${key}`;
      return [[name, inner], ...keysOf(inner, name)];
    }),
    ...keysOf(items, `${path}[]`),
  ];
}

const schema = configJsonSchema();

function accepted(yaml: string): boolean {
  return fits(readYaml(yaml).value, schema);
}

describe('the JSON Schema', () => {
  test('is the one that is shipped (UPDATE_SCHEMA=1 writes it anew)', () => {
    const text = `${JSON.stringify(schema, undefined, 2)}\n`;
    if (process.env.UPDATE_SCHEMA === '1') writeFileSync(COMMITTED, text);
    expect(readFileSync(COMMITTED, 'utf8')).toBe(text);
  });

  test('describes every key in a sentence', () => {
    const keys = keysOf(schema);
    expect(keys.length).toBeGreaterThan(80);
    for (const [path, key] of keys) expect(key['description'], path).toMatch(/^[A-Z\d`].*[.]$/);
  });

  test('knows no key beyond those of the program', () => {
    const open = keysOf(schema).filter(([path, { type, additionalProperties }]) => {
      return type === 'object' && additionalProperties !== false && !/\.(match|links)$/.test(path);
    });
    expect(open).toEqual([]);
    expect(schema['additionalProperties']).toBe(false);
  });

  test('shows defaults as they are written', () => {
    const keys = Object.fromEntries(keysOf(schema));
    expect(keys['access.approval_ttl']?.['default']).toBe('10m');
    expect(keys['pools[].threshold']?.['default']).toBe(90);
    expect(keys['pools[].verify.within']?.['default']).toBe('60s');
  });

  test('lets the contract and the shipped example pass in an editor', () => {
    expect(accepted(CONTRACT)).toBe(true);
    expect(accepted(readFileSync(EXAMPLE, 'utf8'))).toBe(true);
  });

  const POOL = 'name: a, match: { a: b }, database_url: "postgres://h"';

  test.each([
    [`pools: [{ ${POOL}, thresold: 5 }]`],
    [`pools: [{ ${POOL}, threshold: 150 }]`],
    [`pools: [{ ${POOL}, verify: { within: 5 } }]`],
    [`pools: [{ ${POOL}, verify: { within: soon } }]`],
    [`pools: [{ ${POOL}, channel: Backend }]`],
    [`pools: [{ ${POOL}, restart: {} }]`],
    [`pools: [{ ${POOL}, restart: { docker: a, webhook: { url: "http://x", secret: s } } }]`],
    [`pools: [{ ${POOL}, match: {} }]`],
    ['pools: [{ name: a }]'],
    ['{}'],
    ['access: { two_person: [reboot] }\npools: []'],
  ])('marks %j as a fault in an editor', (yaml) => {
    expect(accepted(yaml)).toBe(false);
  });

  test.each([
    [`pools: [{ ${POOL}, threshold: "\${T}", verify: { within: "\${W}" }, channel: "\${C}" }]`],
    [`access: { two_person: ["\${ACTION}"], approvers: ["\${WHO}"] }\npools: [{ ${POOL} }]`],
  ])('lets ${NAME} stand wherever a single value does: %j', (yaml) => {
    expect(accepted(yaml)).toBe(true);
  });
});
