import { type ReactNode, useId } from 'react';
import type { ChosenValue } from '../protocol.ts';
import { isObject, type JsonObject } from '../slack/types.ts';
import { useConsole } from './context.ts';
import { plainText } from './text.ts';

/** What a field gets from whoever shows it. */
export interface FieldProps {
  readonly element: JsonObject;
  /** Read out by screen readers where no label stands beside the field. */
  readonly label: string;
  /** The id of the label that stands beside the field. */
  readonly labelledBy?: string;
  readonly describedBy?: string;
  readonly value: ChosenValue;
  readonly onChange: (value: ChosenValue) => void;
}

interface Choice {
  readonly value: string;
  readonly words: string;
  readonly more: string;
}

const INPUT_TYPES: { readonly [type: string]: string } = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
};

/** Whatever a person types or chooses in, by the browser's own controls. */
export function Field(props: FieldProps): ReactNode {
  const { element } = props;
  const type = String(element.type);
  if (type === 'plain_text_input' && element.multiline === true) return <LongText {...props} />;
  const inputType = INPUT_TYPES[type];
  if (inputType !== undefined) return <Typed {...props} inputType={inputType} />;
  if (type === 'datetimepicker') return <DateAndTime {...props} />;
  if (type === 'radio_buttons') return <Boxes {...props} kind="radio" />;
  if (type === 'checkboxes' || type.startsWith('multi_')) return <Boxes {...props} kind="checkbox" />;
  if (type.endsWith('_select') || type === 'overflow') return <Menu {...props} />;
  return <em>({type} is not shown here)</em>;
}

/** The value an element starts with. */
export function initialValue(element: JsonObject): ChosenValue {
  const plain = ['value', 'date', 'time', 'user', 'channel', 'conversation'].map(
    (key) => element[`initial_${key}`],
  );
  const single = plain.find((value) => typeof value === 'string');
  if (typeof single === 'string') return single;
  if (isObject(element.initial_option)) return String(element.initial_option.value ?? '');
  if (typeof element.initial_date_time === 'number') return String(element.initial_date_time);
  const lists = ['options', 'users', 'channels', 'conversations'].map((key) => element[`initial_${key}`]);
  const several = lists.find((list) => Array.isArray(list));
  if (!Array.isArray(several)) return null;
  return several.map((item: unknown) => String(isObject(item) ? item.value : item));
}

function first(value: ChosenValue): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function names({ label, labelledBy, describedBy }: FieldProps): Record<string, string | undefined> {
  return {
    'aria-label': labelledBy === undefined ? label : undefined,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
  };
}

function Typed(props: FieldProps & { readonly inputType: string }): ReactNode {
  const { element, value, onChange, inputType } = props;
  return (
    <input
      {...names(props)}
      type={inputType}
      value={first(value)}
      placeholder={plainText(element.placeholder)}
      maxLength={typeof element.max_length === 'number' ? element.max_length : undefined}
      step={inputType === 'number' && element.is_decimal_allowed === true ? 'any' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function LongText(props: FieldProps): ReactNode {
  const { element, value, onChange } = props;
  return (
    <textarea
      {...names(props)}
      rows={4}
      value={first(value)}
      placeholder={plainText(element.placeholder)}
      maxLength={typeof element.max_length === 'number' ? element.max_length : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

const MILLISECONDS_PER_SECOND = 1_000;
const MILLISECONDS_PER_MINUTE = 60_000;

/** Seconds since 1970 outside, local date and time inside. */
function DateAndTime(props: FieldProps): ReactNode {
  const seconds = Number(first(props.value));
  const date = new Date(seconds * MILLISECONDS_PER_SECOND);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * MILLISECONDS_PER_MINUTE);
  return (
    <input
      {...names(props)}
      type="datetime-local"
      value={seconds > 0 ? local.toISOString().slice(0, 16) : ''}
      onChange={(event) => {
        const chosen = new Date(event.target.value).getTime();
        props.onChange(Number.isNaN(chosen) ? null : String(Math.floor(chosen / MILLISECONDS_PER_SECOND)));
      }}
    />
  );
}

function Menu(props: FieldProps): ReactNode {
  const { element, value, onChange, label } = props;
  const choices = useChoices(element);
  return (
    <select
      {...names(props)}
      className={element.type === 'overflow' ? 'overflow' : undefined}
      value={first(value)}
      onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
    >
      <option value="">{element.type === 'overflow' ? '⋯' : plainText(element.placeholder) || label}</option>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.words}
        </option>
      ))}
    </select>
  );
}

function Boxes(props: FieldProps & { readonly kind: 'radio' | 'checkbox' }): ReactNode {
  const { element, value, onChange, kind } = props;
  const name = useId();
  const chosen = Array.isArray(value) ? value : value === null ? [] : [value];
  const toggle = (one: string): void => {
    if (kind === 'radio') onChange(one);
    else onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  };
  return (
    <div {...names(props)} className="boxes" role={kind === 'radio' ? 'radiogroup' : 'group'}>
      {useChoices(element).map((choice) => (
        <label key={choice.value}>
          <input
            type={kind}
            name={name}
            checked={chosen.includes(choice.value)}
            onChange={() => toggle(choice.value)}
          />
          <span>
            {choice.words}
            {choice.more !== '' && <small>{choice.more}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}

/** The options given, or the people or channels there are. */
function useChoices(element: JsonObject): Choice[] {
  const { data } = useConsole();
  const type = String(element.type);
  if (type.endsWith('users_select')) {
    return data.users.map((user) => ({ value: user.id, words: user.real_name, more: '' }));
  }
  if (type.endsWith('channels_select') || type.endsWith('conversations_select')) {
    const open = data.channels.filter((channel) => channel.user === undefined);
    return open.map((channel) => ({ value: channel.id, words: `#${channel.name}`, more: '' }));
  }
  const groups = Array.isArray(element.option_groups) ? element.option_groups.filter(isObject) : [];
  return [element, ...groups].flatMap((holder) =>
    (Array.isArray(holder.options) ? holder.options.filter(isObject) : []).map((option) => ({
      value: String(option.value ?? ''),
      words: plainText(option.text),
      more: plainText(option.description),
    })),
  );
}
