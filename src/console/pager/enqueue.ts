import { type Book, take } from './book.ts';
import { type Call, isObject, objectOf, type Reply } from './call.ts';
import { faultsIn } from './enqueue-rules.ts';

/** The largest event, in bytes ("512 KB", Events API v2, "Size limits"). */
const EVENT_LIMIT = 512_000;

/** `POST /v2/enqueue`: takes an event as the Events API v2 does, or refuses it in the same words. */
export function enqueue(book: Book, call: Call): Reply {
  if (call.body.length > EVENT_LIMIT) {
    return invalid([`Event is too large (${call.body.length} bytes, the maximum is ${EVENT_LIMIT})`]);
  }
  const event = objectOf(call.body);
  if (event === undefined || !/^application\/json\b/.test(call.headers['content-type'] ?? '')) {
    return {
      status: 400,
      body: {
        status: 'Unrecognized object',
        message: 'Event object format is unrecognized',
        errors: ['JSON parse error'],
      },
    };
  }
  const faults = faultsIn(event);
  if (faults.length > 0) return invalid(faults);
  const service = book.account.services.find(({ routingKey }) => routingKey === event.routing_key);
  // PagerDuty answers this one in plain text (robusta-dev/robusta issue 571).
  if (service === undefined) return { status: 400, body: 'Invalid routing key' };

  const payload = isObject(event.payload) ? event.payload : {};
  const { dedupKey } = take(book, service, {
    routingKey: service.routingKey,
    dedupKey: text(event.dedup_key) ?? `generated-${book.pages.length + 1}`,
    action: event.event_action as 'trigger' | 'acknowledge' | 'resolve',
    ...optional('summary', text(payload.summary)),
    ...optional('severity', text(payload.severity)),
    event,
  });
  return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: dedupKey } };
}

function invalid(errors: readonly string[]): Reply {
  return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
