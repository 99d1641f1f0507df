import { isObject } from './call.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the Events API v2 finds wrong with an event, in its words where they are known (seen in
 * envato/pagerduty issue 70, blockpane/tenderduty 10, dagster-io/dagster 19567, SigNoz/signoz 9536).
 * Stricter than PagerDuty in one thing: fields that its description does not have are faults too, for
 * they are misspelt ones.
 */
export function faultsIn(event: Fields): readonly string[] {
  const action = event.event_action;
  return [
    ...unknownFields(event, TOP, ''),
    ...routingKey(event.routing_key),
    ...(blank(action)
      ? [missing('event_action')]
      : ['trigger', 'acknowledge', 'resolve'].includes(String(action))
        ? []
        : [
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
          ]),
    ...dedupKey(event.dedup_key, action),
    ...(action === 'trigger' || event.payload !== undefined ? payload(event.payload) : []),
    ...texts(event, ['client'], ''),
    ...urls(event, ['client_url'], ''),
    ...list(event.links, 'links', (link, at) => [
      ...unknownFields(link, ['href', 'text'], `${at}.`),
      ...(blank(link.href) ? [missing(`${at}.href`)] : urls(link, ['href'], `${at}.`)),
      ...texts(link, ['text'], `${at}.`),
    ]),
    ...list(event.images, 'images', (image, at) => [
      ...unknownFields(image, ['src', 'href', 'alt'], `${at}.`),
      ...(String(image.src).startsWith('https://') ? [] : [`'${at}.src' must be served via HTTPS`]),
      ...urls(image, ['src', 'href'], `${at}.`),
      ...texts(image, ['alt'], `${at}.`),
    ]),
  ];
}

const TOP = [
  'routing_key',
  'event_action',
  'dedup_key',
  'payload',
  'client',
  'client_url',
  'links',
  'images',
] as const;

const PAYLOAD = [
  'summary',
  'source',
  'severity',
  'timestamp',
  'component',
  'group',
  'class',
  'custom_details',
] as const;

function routingKey(key: unknown): string[] {
  if (blank(key)) return [missing('routing_key')];
  const text = String(key);
  return [
    ...(text.length === 32 ? [] : ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
    ...(/^[0-9a-z]*$/i.test(text) ? [] : ["'routing_key' cannot contain non-alphanumeric characters."]),
  ];
}

function dedupKey(key: unknown, action: unknown): string[] {
  if (key === undefined) return action === 'trigger' ? [] : [missing('dedup_key')];
  if (typeof key !== 'string' || key === '') return [missing('dedup_key')];
  return [...key].length <= 255 ? [] : ["'dedup_key' is too long (maximum is 255 characters)"];
}

function payload(value: unknown): string[] {
  if (!isObject(value)) return [missing('payload')];
  const { summary, severity, timestamp, custom_details: details } = value;
  return [
    ...unknownFields(value, PAYLOAD, 'payload.'),
    ...['summary', 'source', 'severity']
      .filter((key) => blank(value[key]))
      .map((key) => missing(`payload.${key}`)),
    // The misspelling is PagerDuty's.
    ...([...String(summary ?? '')].length <= 1024
      ? []
      : ["'summary' is too long (maiximum is 1024 characters)"]),
    ...(blank(severity) || ['critical', 'warning', 'error', 'info'].includes(String(severity))
      ? []
      : [
          "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ]),
    ...(timestamp === undefined || (typeof timestamp === 'string' && !Number.isNaN(Date.parse(timestamp)))
      ? []
      : ["'payload.timestamp' is invalid (must be ISO 8601)"]),
    ...(details === undefined || isObject(details) ? [] : ["'payload.custom_details' must be an object"]),
    ...texts(value, ['component', 'group', 'class'], 'payload.'),
  ];
}

function list(value: unknown, name: string, faults: (item: Fields, at: string) => string[]): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [`'${name}' must be an array`];
  return value.flatMap((item: unknown, index) =>
    isObject(item) ? faults(item, `${name}[${index}]`) : [`'${name}[${index}]' must be an object`],
  );
}

function unknownFields(fields: Fields, known: readonly string[], prefix: string): string[] {
  const unknown = Object.keys(fields).filter((key) => !known.includes(key));
  return unknown.map((key) => `'${prefix}${key}' is not a field of the Events API v2`);
}

function texts(fields: Fields, names: readonly string[], prefix: string): string[] {
  const wrong = names.filter((name) => fields[name] !== undefined && typeof fields[name] !== 'string');
  return wrong.map((name) => `'${prefix}${name}' must be a string`);
}

function urls(fields: Fields, names: readonly string[], prefix: string): string[] {
  const wrong = names.filter((name) => fields[name] !== undefined && !URL.canParse(String(fields[name])));
  return wrong.map((name) => `'${prefix}${name}' is not a URL`);
}

function blank(value: unknown): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

function missing(name: string): string {
  return `'${name}' is missing or blank`;
}
