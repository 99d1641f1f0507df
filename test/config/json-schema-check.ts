import type { JsonSchema } from '../../src/config/jsonschema.ts';

/** What each keyword of JSON Schema (draft 7) asks of a value; those that only describe ask nothing. */
const KEYWORDS: Record<string, (value: unknown, asked: unknown, schema: JsonSchema) => boolean> = {
  $schema: () => true,
  title: () => true,
  description: () => true,
  default: () => true,
  type: (value, types) => [types].flat().some((type) => isOfType(value, type)),
  enum: (value, words) => (words as unknown[]).includes(value),
  pattern: (value, pattern) => typeof value !== 'string' || new RegExp(String(pattern)).test(value),
  minimum: (value, least) => typeof value !== 'number' || value >= Number(least),
  maximum: (value, most) => typeof value !== 'number' || value <= Number(most),
  minItems: (value, least) => !Array.isArray(value) || value.length >= Number(least),
  minProperties: (value, least) => !isObject(value) || Object.keys(value).length >= Number(least),
  required: (value, keys) => !isObject(value) || (keys as string[]).every((key) => key in value),
  items: (value, item) => !Array.isArray(value) || value.every((one) => fits(one, item)),
  propertyNames: (value, name) => !isObject(value) || Object.keys(value).every((key) => fits(key, name)),
  properties: (value, properties) =>
    !isObject(value) ||
    Object.entries(properties as JsonSchema).every(
      ([key, inner]) => !(key in value) || fits(value[key], inner),
    ),
  additionalProperties: (value, other, { properties = {} }) =>
    !isObject(value) ||
    Object.keys(value).every(
      (key) => key in (properties as object) || (other !== false && fits(value[key], other)),
    ),
  anyOf: (value, schemas) => (schemas as unknown[]).some((schema) => fits(value, schema)),
  oneOf: (value, schemas) => (schemas as unknown[]).filter((schema) => fits(value, schema)).length === 1,
};

/**
 * Whether a value fits a JSON Schema, as an editor judges it.
 *
 * @throws Error for a keyword that is not known here, so that none is passed over
 */
export function fits(value: unknown, schema: unknown): boolean {
  return Object.entries(schema as JsonSchema).every(([keyword, asked]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the keyword ${keyword} is not known to this check`);
    return check(value, asked, schema as JsonSchema);
  });
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  return type === 'object' ? isObject(value) : typeof value === type;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
