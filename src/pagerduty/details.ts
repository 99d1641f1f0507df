/** How much of each text and list is kept, from the mildest shortening to the hardest. */
const STEPS = [
  { text: 8192, items: 500 },
  { text: 1024, items: 100 },
  { text: 256, items: 20 },
] as const;

/** Nothing is looked at below this depth: PagerDuty shows no deeper nesting, and a cycle must end somewhere. */
const DEPTH = 6;

/**
 * Ever shorter versions of an alert's details, for the caller to take the first that fits.
 * Long texts and lists lose their end and say how much is missing; keys stay as they are.
 */
export function* shortenDetails(details: Readonly<Record<string, unknown>>): Generator<object> {
  for (const step of STEPS) yield shorten(details, step, DEPTH) as object;
}

function shorten(value: unknown, step: (typeof STEPS)[number], depth: number): unknown {
  if (typeof value === 'string') {
    return value.length <= step.text
      ? value
      : `${value.slice(0, step.text).replace(/[\uD800-\uDBFF]$/, '')}… (${value.length - step.text} more characters)`;
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) {
    const kept = value.slice(0, step.items).map((item) => shorten(item, step, depth - 1));
    return value.length <= step.items ? kept : [...kept, `… ${value.length - step.items} more`];
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shorten(item, step, depth - 1)]),
  );
}
