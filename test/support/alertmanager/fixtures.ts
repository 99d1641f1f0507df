import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arrival } from './receiver.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/alertmanager');

/**
 * A recorded webhook body of a real Alertmanager, as it would be posted.
 * @param name file name without `.json`; see test/fixtures/alertmanager/README.md
 */
export function recorded(name: string): string {
  return readFileSync(join(FOLDER, `${name}.json`), 'utf8');
}

/** Under LIFEGUARD_RECORD=1 keeps what really arrived as the fixture of this name; else does nothing. */
export function record(name: string, arrival: Arrival): void {
  if (process.env.LIFEGUARD_RECORD !== '1') return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(arrival.body, null, 2)}\n`);
}

/** The form of a JSON value: its keys and the types of its values, arrays by their first element. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}
