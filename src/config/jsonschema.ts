import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [key: string]: unknown };

/** `${NAME}` may stand wherever a single value does. */
const VARIABLE = '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}';

/**
 * The JSON Schema (draft 7) of `lifeguard.yaml`, by which editors complete and check it. It is shipped as
 * `lifeguard.schema.json`.
 */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-07' });
  return { $schema, title: 'Lifeguard’s configuration, lifeguard.yaml', ...admitVariables(schema) };
}

/** Lets `${NAME}` pass wherever a form, a word or a number is asked for. */
function admitVariables(schema: JsonSchema): JsonSchema {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === 'default' ? value : admitted(value)]),
  );
  const { pattern, enum: words, format, ...rest } = inner;
  if (typeof pattern === 'string') return { ...rest, pattern: `${pattern}|${VARIABLE}` };
  if (Array.isArray(words)) return { ...rest, anyOf: [{ enum: words }, { pattern: VARIABLE }] };
  return format === 'uri' ? { ...rest, pattern: `^https?://|${VARIABLE}` } : inner;
}

function admitted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(admitted);
  return typeof value === 'object' && value !== null ? admitVariables({ ...value }) : value;
}
