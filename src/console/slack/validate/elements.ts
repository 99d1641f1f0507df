import { LIMITS } from '../limits.ts';
import type { JsonObject } from '../types.ts';
import { imageElement } from './image.ts';
import { confirm, options } from './options.ts';
import { address, flag, integer, keys, list, object, oneOf, type Problems, string } from './problems.ts';
import { PLAIN, text } from './text.ts';

/** What one type of interactive element may hold beside `type` and `action_id`. */
interface ElementRules {
  readonly required?: readonly string[];
  readonly optional: readonly string[];
  readonly check?: (problems: Problems, element: JsonObject, pointer: string) => void;
}

const MENU_KEYS = ['placeholder', 'confirm', 'focus_on_load'] as const;
const MULTI_KEYS = [...MENU_KEYS, 'max_selected_items'] as const;
const FILTER_KEYS = ['default_to_current_conversation', 'filter'] as const;
const TYPED_KEYS = ['placeholder', 'initial_value', 'focus_on_load', 'dispatch_action_config'] as const;
const BUTTON_STYLES = ['primary', 'danger'];

function button(problems: Problems, element: JsonObject, pointer: string): void {
  text(problems, element.text, `${pointer}/text`, PLAIN, LIMITS.buttonText);
  string(problems, element.value, `${pointer}/value`, { min: 0, max: LIMITS.buttonValue });
  address(problems, element.url, `${pointer}/url`, LIMITS.url);
  oneOf(problems, element.style, `${pointer}/style`, BUTTON_STYLES);
  string(problems, element.accessibility_label, `${pointer}/accessibility_label`, {
    max: LIMITS.accessibilityLabel,
  });
}

function typed(problems: Problems, element: JsonObject, pointer: string): void {
  string(problems, element.initial_value, `${pointer}/initial_value`, { min: 0, max: LIMITS.inputLength });
  integer(problems, element.min_length, `${pointer}/min_length`, { min: 0, max: LIMITS.inputLength });
  integer(problems, element.max_length, `${pointer}/max_length`, { min: 1, max: LIMITS.inputLength });
  flag(problems, element.multiline, `${pointer}/multiline`);
  if (element.dispatch_action_config !== undefined) {
    const at = `${pointer}/dispatch_action_config`;
    const config = object(problems, element.dispatch_action_config, at);
    list(problems, config?.trigger_actions_on, `${at}/trigger_actions_on`, {}, (item, itemAt) =>
      oneOf(problems, item, itemAt, ['on_enter_pressed', 'on_character_entered']),
    );
  }
}

function pattern(key: string, shape: RegExp, words: string): NonNullable<ElementRules['check']> {
  return (problems, element, pointer) => {
    const value = element[key];
    if (value === undefined) return;
    if (typeof value !== 'string' || !shape.test(value))
      problems.add(`${pointer}/${key}`, `must be ${words}`);
  };
}

/** Ten digits: seconds since 1970, as the date-time picker wants them. */
const TEN_DIGITS = { min: 1_000_000_000, max: 9_999_999_999 };

const RULES: { readonly [type: string]: ElementRules } = {
  button: {
    required: ['text'],
    optional: ['value', 'url', 'style', 'confirm', 'accessibility_label'],
    check: button,
  },
  workflow_button: {
    required: ['text', 'workflow'],
    optional: ['style', 'confirm', 'accessibility_label'],
    check: button,
  },
  overflow: { required: ['options'], optional: ['confirm'], check: options },
  checkboxes: {
    required: ['options'],
    optional: ['initial_options', 'confirm', 'focus_on_load'],
    check: options,
  },
  radio_buttons: {
    required: ['options'],
    optional: ['initial_option', 'confirm', 'focus_on_load'],
    check: options,
  },
  static_select: { optional: ['options', 'option_groups', 'initial_option', ...MENU_KEYS], check: options },
  multi_static_select: {
    optional: ['options', 'option_groups', 'initial_options', ...MULTI_KEYS],
    check: options,
  },
  external_select: { optional: ['initial_option', 'min_query_length', ...MENU_KEYS] },
  multi_external_select: { optional: ['initial_options', 'min_query_length', ...MULTI_KEYS] },
  users_select: { optional: ['initial_user', ...MENU_KEYS] },
  multi_users_select: { optional: ['initial_users', ...MULTI_KEYS] },
  conversations_select: {
    optional: ['initial_conversation', 'response_url_enabled', ...FILTER_KEYS, ...MENU_KEYS],
  },
  multi_conversations_select: { optional: ['initial_conversations', ...FILTER_KEYS, ...MULTI_KEYS] },
  channels_select: { optional: ['initial_channel', 'response_url_enabled', ...MENU_KEYS] },
  multi_channels_select: { optional: ['initial_channels', ...MULTI_KEYS] },
  datepicker: {
    optional: ['initial_date', ...MENU_KEYS],
    check: pattern('initial_date', /^\d{4}-\d{2}-\d{2}$/, 'a date, YYYY-MM-DD'),
  },
  timepicker: {
    optional: ['initial_time', 'timezone', ...MENU_KEYS],
    check: pattern('initial_time', /^([01]\d|2[0-3]):[0-5]\d$/, 'a time, HH:mm'),
  },
  datetimepicker: {
    optional: ['initial_date_time', 'confirm', 'focus_on_load'],
    check: (problems, element, pointer) =>
      integer(problems, element.initial_date_time, `${pointer}/initial_date_time`, TEN_DIGITS),
  },
  plain_text_input: { optional: ['multiline', 'min_length', 'max_length', ...TYPED_KEYS], check: typed },
  email_text_input: { optional: TYPED_KEYS, check: typed },
  url_text_input: { optional: TYPED_KEYS, check: typed },
  number_input: {
    required: ['is_decimal_allowed'],
    optional: ['min_value', 'max_value', ...TYPED_KEYS],
    check: typed,
  },
  rich_text_input: { optional: TYPED_KEYS },
  file_input: {
    optional: ['filetypes', 'max_files'],
    check: (problems, element, pointer) =>
      integer(problems, element.max_files, `${pointer}/max_files`, { min: 1, max: LIMITS.filesInInput }),
  },
};

const SELECTS = Object.keys(RULES).filter((type) => type.endsWith('_select'));
const CHOICES = ['checkboxes', 'radio_buttons', 'datepicker', 'timepicker', ...SELECTS];

/** Which elements may stand where (docs.slack.dev/reference/block-kit/block-elements). */
export const ALLOWED_IN = {
  section: ['image', 'button', 'workflow_button', 'overflow', ...CHOICES],
  actions: ['button', 'workflow_button', 'overflow', 'datetimepicker', 'rich_text_input', ...CHOICES],
  input: [
    ...['plain_text_input', 'email_text_input', 'url_text_input', 'number_input', 'rich_text_input'],
    ...['file_input', 'datetimepicker', ...CHOICES],
  ],
} as const;

/** An element of a section, an actions block or an input block. */
export function element(
  problems: Problems,
  value: unknown,
  pointer: string,
  place: keyof typeof ALLOWED_IN,
): void {
  const found = object(problems, value, pointer);
  if (found === undefined) return;
  const type = typeof found.type === 'string' ? found.type : '';
  const allowed: readonly string[] = ALLOWED_IN[place];
  if (!allowed.includes(type)) {
    problems.add(`${pointer}/type`, `unsupported type: ${type}`);
    return;
  }
  if (type === 'image') {
    imageElement(problems, found, pointer);
    return;
  }
  const rules = RULES[type];
  keys(
    problems,
    found,
    pointer,
    ['type', ...(rules?.required ?? [])],
    ['action_id', ...(rules?.optional ?? [])],
  );
  string(problems, found.action_id, `${pointer}/action_id`, { max: LIMITS.actionId });
  text(problems, found.placeholder, `${pointer}/placeholder`, PLAIN, LIMITS.placeholder);
  confirm(problems, found.confirm, `${pointer}/confirm`);
  flag(problems, found.focus_on_load, `${pointer}/focus_on_load`);
  integer(problems, found.max_selected_items, `${pointer}/max_selected_items`, { min: 1 });
  rules?.check?.(problems, found, pointer);
}
