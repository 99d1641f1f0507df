import { formatPath, type Path } from '../fault.ts';
import { percent, VALUE } from '../schema/fields.ts';
import { DEFAULT_THRESHOLD, matchSchema, nameSchema } from '../schema/pool.ts';
import { isMapping } from '../schema/strict.ts';
import { type Draft, repeated, sound } from './rule.ts';

type Entry = Readonly<Record<string, unknown>>;

/**
 * What the pools can only tell together: names that differ, labels that differ, shares in order.
 *
 * @param raw the list as written, variables filled in; faults of its parts are not repeated
 */
export function poolRules(raw: readonly unknown[], path: Path): Draft[] {
  const entries = raw.map((pool) => (isMapping(pool) ? pool : {}));
  return [
    ...repeated(entries.map(({ name }) => sound(nameSchema, name))).map(({ index, before }) => ({
      path: [...path, index, 'name'],
      message: `${VALUE} is also the name of ${formatPath([...path, before])}: give each pool its own`,
    })),
    ...repeated(entries.map(({ match }) => labelsOf(match))).map(({ index, before }) => ({
      path: [...path, index, 'match'],
      message: `has the same labels as ${formatPath([...path, before])}: an alert could belong to either`,
    })),
    ...entries.flatMap((pool, index) => sharesInOrder(pool, [...path, index])),
  ];
}

/** The labels in one text that is the same for the same labels. */
function labelsOf(match: unknown): string | undefined {
  const labels = sound(matchSchema, match);
  return labels === undefined
    ? undefined
    : JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sharesInOrder(pool: Entry, path: Path): Draft[] {
  const threshold = shareOf(pool, 'threshold', DEFAULT_THRESHOLD);
  const healthy = shareOf(pool['verify'], 'healthy_below');
  const above = shareOf(pool['detect'], 'above', threshold);
  const warn = shareOf(pool['detect'], 'warn');
  const drafts: Draft[] = [];
  if (healthy !== undefined && threshold !== undefined && healthy > threshold) {
    drafts.push({
      path: [...path, 'verify', 'healthy_below'],
      message: `must not be above \`threshold\` (${threshold}): a pool could be exhausted and healthy at once`,
    });
  }
  if (warn !== undefined && above !== undefined && warn >= above) {
    drafts.push({
      path: [...path, 'detect', 'warn'],
      message: `must be below \`detect.above\` (${above}): the warning comes before the incident`,
    });
  }
  return drafts;
}

/** A share as it will be in force; `undefined` when it has a fault of its own. */
function shareOf(section: unknown, key: string, otherwise?: number): number | undefined {
  const given = isMapping(section) ? section[key] : undefined;
  return given === undefined ? otherwise : sound(percent(), given);
}
