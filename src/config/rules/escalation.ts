import { formatDuration } from '../duration.ts';
import { formatPath, type Path } from '../fault.ts';
import { levelReference, levelShape } from '../schema/escalation.ts';
import { VALUE } from '../schema/fields.ts';
import { isMapping } from '../schema/strict.ts';
import { type Draft, repeated, sound } from './rule.ts';

/**
 * What an escalation's keys can only tell together: levels in order, with names that differ; `at_once`
 * naming levels that exist; pages that can be sent.
 *
 * @param raw the section as written, variables filled in; faults of its parts are not repeated
 * @param rest whether PagerDuty's REST API is configured
 */
export function escalationRules(raw: unknown, path: Path, rest: boolean): Draft[] {
  if (!isMapping(raw)) return [];
  const levels: readonly unknown[] = Array.isArray(raw['levels']) ? raw['levels'] : [];
  const entries = levels.map((level) => (isMapping(level) ? level : {}));
  const inLevels: Path = [...path, 'levels'];
  return [
    ...namesDiffer(entries, inLevels),
    ...inOrder(entries, inLevels),
    ...levelsExist(raw['at_once'], levels.length, path),
    ...pagesWork(entries, inLevels, rest),
  ];
}

type Entry = Readonly<Record<string, unknown>>;

function namesDiffer(entries: readonly Entry[], path: Path): Draft[] {
  const names = entries.map(({ name }) => sound(levelShape.name, name));
  return repeated(names).map(({ index, before }) => ({
    path: [...path, index, 'name'],
    message: `${VALUE} is also the name of ${formatPath([...path, before])}: give each level its own`,
  }));
}

function inOrder(entries: readonly Entry[], path: Path): Draft[] {
  let latest: { readonly ms: number; readonly index: number } | undefined;
  return entries.flatMap(({ after }, index) => {
    const ms = sound(levelShape.after, after);
    if (ms === undefined) return [];
    if (latest === undefined || ms >= latest.ms) {
      latest = { ms, index };
      return [];
    }
    const before = `${formatPath([...path, latest.index])} (${formatDuration(latest.ms)})`;
    return [
      { path: [...path, index, 'after'], message: `must not be sooner than ${before}, the level before it` },
    ];
  });
}

function levelsExist(raw: unknown, count: number, path: Path): Draft[] {
  if (!isMapping(raw)) return [];
  return Object.entries(raw).flatMap(([condition, level]) => {
    const number = sound(levelReference, level);
    if (typeof number !== 'number' || number <= count) return [];
    const there = count === 1 ? 'there is 1 level' : `there are ${count} levels`;
    return [{ path: [...path, 'at_once', condition], message: `there is no level ${VALUE}: ${there}` }];
  });
}

function pagesWork(entries: readonly Entry[], path: Path, rest: boolean): Draft[] {
  let paged = false;
  return entries.flatMap(({ page }, index) => {
    if (!isMapping(page)) return [];
    const moves = page['escalation_level'] !== undefined;
    const routed = page['routing_key'] !== undefined;
    const drafts: Draft[] = [];
    const fault = (key: string, message: string): void => {
      drafts.push({ path: [...path, index, 'page', key], message });
    };
    if (moves && !routed && page['fallback_routing_key'] !== undefined) {
      fault('fallback_routing_key', 'belongs beside `routing_key`, not beside `escalation_level`');
    }
    if (moves && !paged) {
      fault(
        'escalation_level',
        'needs a level before it with `page: { routing_key: … }`: that opens the PagerDuty incident which is moved up here',
      );
    }
    if (moves && !rest) {
      fault(
        'escalation_level',
        'needs the variables PAGERDUTY_API_TOKEN and PAGERDUTY_FROM_EMAIL, for PagerDuty is asked by REST',
      );
    }
    paged ||= routed;
    return drafts;
  });
}
