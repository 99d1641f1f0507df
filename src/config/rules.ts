import { escalationRules } from './rules/escalation.ts';
import { outwardRules } from './rules/outward.ts';
import { poolRules } from './rules/pools.ts';
import type { Draft } from './rules/rule.ts';
import { isMapping } from './schema/strict.ts';

/**
 * Checks what several keys can only tell together. It looks at the file as written, not at what the schema
 * made of it, so that a fault in one place does not hide those of another.
 *
 * @param raw the whole file, variables filled in
 * @param rest whether PagerDuty's REST API is configured
 */
export function brokenRules(raw: unknown, rest: boolean): Draft[] {
  if (!isMapping(raw)) return [];
  const pools: readonly unknown[] = Array.isArray(raw['pools']) ? raw['pools'] : [];
  return [
    ...poolRules(pools, ['pools']),
    ...pools.flatMap((pool, index) =>
      isMapping(pool) ? escalationRules(pool['escalation'], ['pools', index, 'escalation'], rest) : [],
    ),
    ...escalationRules(raw['escalation'], ['escalation'], rest),
    ...outwardRules(raw),
  ];
}
