import { type Block, isObject, type JsonObject, type StateValue, type StateValues } from '../types.ts';
import { interactiveElements, type Located } from './elements.ts';

/** What a person typed or chose: one value, several, or nothing. */
export type Chosen = string | readonly string[] | null;

/** By action_id, or by block_id and then action_id. */
export type ChosenValues = { readonly [id: string]: Chosen | { readonly [actionId: string]: Chosen } };

/** Where each type of element reports a single choice. */
const SINGLE: { readonly [type: string]: { field: string; initial: string } } = {
  plain_text_input: { field: 'value', initial: 'initial_value' },
  email_text_input: { field: 'value', initial: 'initial_value' },
  url_text_input: { field: 'value', initial: 'initial_value' },
  number_input: { field: 'value', initial: 'initial_value' },
  datepicker: { field: 'selected_date', initial: 'initial_date' },
  timepicker: { field: 'selected_time', initial: 'initial_time' },
  users_select: { field: 'selected_user', initial: 'initial_user' },
  channels_select: { field: 'selected_channel', initial: 'initial_channel' },
  conversations_select: { field: 'selected_conversation', initial: 'initial_conversation' },
};

/** Where each type of element reports several choices. */
const MULTIPLE: { readonly [type: string]: { field: string; initial: string } } = {
  multi_users_select: { field: 'selected_users', initial: 'initial_users' },
  multi_channels_select: { field: 'selected_channels', initial: 'initial_channels' },
  multi_conversations_select: { field: 'selected_conversations', initial: 'initial_conversations' },
};

const ONE_OPTION = new Set(['static_select', 'external_select', 'radio_buttons', 'overflow']);
const MANY_OPTIONS = new Set(['multi_static_select', 'multi_external_select', 'checkboxes']);

/** Types without a value of their own. */
const STATELESS = new Set(['button', 'workflow_button', 'overflow']);

/**
 * What Slack reports for an element.
 * @param chosen nothing (undefined) takes what the element started with; null is "cleared"
 */
export function stateValue(element: JsonObject, chosen: Chosen | undefined): StateValue {
  const type = String(element.type);
  const single = SINGLE[type];
  if (single !== undefined) {
    const value = chosen === undefined ? (element[single.initial] ?? null) : first(chosen);
    return { type, [single.field]: value === '' ? null : value };
  }
  const multiple = MULTIPLE[type];
  if (multiple !== undefined) {
    return {
      type,
      [multiple.field]: chosen === undefined ? (element[multiple.initial] ?? []) : several(chosen),
    };
  }
  if (type === 'datetimepicker') {
    const value = chosen === undefined ? element.initial_date_time : first(chosen);
    return { type, selected_date_time: value === undefined || value === null ? null : Number(value) };
  }
  if (ONE_OPTION.has(type)) {
    const option = chosen === undefined ? element.initial_option : optionOf(element, first(chosen));
    return { type, selected_option: option ?? null };
  }
  if (MANY_OPTIONS.has(type)) {
    const options = several(chosen ?? null).flatMap((value) => optionOf(element, value) ?? []);
    return { type, selected_options: chosen === undefined ? (element.initial_options ?? []) : options };
  }
  return { type };
}

function first(chosen: Chosen): string | null {
  if (chosen === null || typeof chosen === 'string') return chosen;
  return chosen[0] ?? null;
}

function several(chosen: Chosen): string[] {
  if (chosen === null || chosen === '') return [];
  return typeof chosen === 'string' ? [chosen] : [...chosen];
}

/** The option of this value, as the element offers it. */
function optionOf(element: JsonObject, value: string | null): JsonObject | undefined {
  const groups: unknown[] = Array.isArray(element.option_groups) ? element.option_groups : [];
  const lists = [element.options, ...groups.map((group) => (isObject(group) ? group.options : undefined))];
  const options = lists.flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  return options.filter(isObject).find((option) => option.value === value);
}

/** `state.values` of some blocks: what was chosen, and what the rest started with. */
export function stateValues(blocks: readonly Block[], chosen: ChosenValues = {}): StateValues {
  const values: Record<string, Record<string, StateValue>> = {};
  for (const located of interactiveElements(blocks)) {
    if (STATELESS.has(located.type)) continue;
    const block = values[located.blockId] ?? {};
    values[located.blockId] = block;
    block[located.actionId] = stateValue(located.element, chosenFor(located, chosen));
  }
  return values;
}

function chosenFor({ blockId, actionId }: Located, chosen: ChosenValues): Chosen | undefined {
  const byBlock = chosen[blockId];
  if (byBlock !== undefined && byBlock !== null && typeof byBlock === 'object' && !Array.isArray(byBlock)) {
    return (byBlock as { readonly [actionId: string]: Chosen })[actionId];
  }
  const byAction = chosen[actionId];
  return byAction === undefined || isObject(byAction) ? undefined : (byAction as Chosen);
}

/**
 * What Slack's own client says about a form before it sends it: the block_ids that are missing a value or hold one of
 * the wrong length, each with a sentence.
 */
export function formFaults(blocks: readonly Block[], values: StateValues): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const { block, blockId, actionId, element } of interactiveElements(blocks)) {
    if (block.type !== 'input') continue;
    const { type: _type, ...state } = values[blockId]?.[actionId] ?? { type: '' };
    const value = Object.values(state)[0];
    const isEmpty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
    if (isEmpty && block.optional !== true) faults[blockId] = 'Please complete this required field.';
    if (typeof value !== 'string') continue;
    if (typeof element.min_length === 'number' && value.length < element.min_length) {
      faults[blockId] = `Please enter at least ${element.min_length} characters.`;
    }
    if (typeof element.max_length === 'number' && value.length > element.max_length) {
      faults[blockId] = `Please enter at most ${element.max_length} characters.`;
    }
    if (element.type === 'number_input' && !Number.isFinite(Number(value)))
      faults[blockId] = 'Please enter a number.';
  }
  return faults;
}
