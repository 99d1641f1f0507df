import { LIMITS } from '../limits.ts';
import type { JsonObject } from '../types.ts';
import { address, keys, list, object, oneOf, type Problems, string } from './problems.ts';
import { ANY_TEXT, PLAIN, type TextKind, text } from './text.ts';

/** The dialog that asks "are you sure?"; nothing passes. */
export function confirm(problems: Problems, value: unknown, pointer: string): void {
  if (value === undefined) return;
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  keys(problems, found, pointer, ['title', 'text', 'confirm', 'deny'], ['style']);
  text(problems, found.title, `${pointer}/title`, PLAIN, LIMITS.confirmTitle);
  text(problems, found.text, `${pointer}/text`, ANY_TEXT, LIMITS.confirmText);
  text(problems, found.confirm, `${pointer}/confirm`, PLAIN, LIMITS.confirmButton);
  text(problems, found.deny, `${pointer}/deny`, PLAIN, LIMITS.confirmButton);
  oneOf(problems, found.style, `${pointer}/style`, ['primary', 'danger']);
}

/** What the options of an element may look like. */
interface OptionRules {
  readonly kinds: readonly TextKind[];
  readonly max: number;
  /** Overflow menus alone may link. */
  readonly url?: boolean;
}

const MENU: OptionRules = { kinds: PLAIN, max: LIMITS.selectOptions };
const CHOICE: OptionRules = { kinds: ANY_TEXT, max: LIMITS.choiceOptions };
const OVERFLOW: OptionRules = { kinds: PLAIN, max: LIMITS.overflowOptions, url: true };

function option(problems: Problems, value: unknown, pointer: string, rules: OptionRules): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  keys(problems, found, pointer, ['text', 'value'], rules.url ? ['description', 'url'] : ['description']);
  text(problems, found.text, `${pointer}/text`, rules.kinds, LIMITS.optionText);
  string(problems, found.value, `${pointer}/value`, { max: LIMITS.optionValue });
  text(problems, found.description, `${pointer}/description`, rules.kinds, LIMITS.optionDescription);
  address(problems, found.url, `${pointer}/url`, LIMITS.url);
}

function group(problems: Problems, value: unknown, pointer: string): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  keys(problems, found, pointer, ['label', 'options'], []);
  text(problems, found.label, `${pointer}/label`, PLAIN, LIMITS.groupLabel);
  list(problems, found.options, `${pointer}/options`, { max: MENU.max }, (item, at) =>
    option(problems, item, at, MENU),
  );
}

/** The options an element offers, whatever its type, and its initial choice: it must be among them. */
export function options(problems: Problems, element: JsonObject, pointer: string): void {
  const rules = element.type === 'overflow' ? OVERFLOW : /select$/.test(String(element.type)) ? MENU : CHOICE;
  if (rules === MENU && (element.options === undefined) === (element.option_groups === undefined)) {
    problems.add(pointer, 'must provide either options or option_groups');
  }
  list(problems, element.options, `${pointer}/options`, { max: rules.max }, (item, at) =>
    option(problems, item, at, rules),
  );
  list(
    problems,
    element.option_groups,
    `${pointer}/option_groups`,
    { max: LIMITS.optionGroups },
    (item, at) => group(problems, item, at),
  );
  const offered = offeredValues(element);
  const isOffered = (item: unknown, at: string): void => {
    option(problems, item, at, rules);
    if (!offered.has(optionValue(item))) problems.add(at, 'must match one of the options');
  };
  if (element.initial_option !== undefined) isOffered(element.initial_option, `${pointer}/initial_option`);
  list(problems, element.initial_options, `${pointer}/initial_options`, {}, isOffered);
}

function optionValue(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'value' in item ? item.value : undefined;
}

/** The values an element offers, those in its groups too. */
export function offeredValues(element: JsonObject): Set<unknown> {
  const groups = Array.isArray(element.option_groups) ? element.option_groups : [];
  const lists = [element.options, ...groups.map((one: unknown) => (one as JsonObject | null)?.options)];
  return new Set(lists.flatMap((one: unknown) => (Array.isArray(one) ? one.map(optionValue) : [])));
}
