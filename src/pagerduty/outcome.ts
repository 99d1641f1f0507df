import { z } from 'zod';
import type { Exchange } from './exchange.ts';
import { cut } from './payload.ts';

/** PagerDuty said no and will say no again: never repeat it. */
export interface Refused {
  readonly kind: 'refused';
  /** The HTTP status, 400 to 499. */
  readonly status: number;
  /** One sentence for people: what PagerDuty said and, where it is known, which setting mends it. */
  readonly message: string;
  /** PagerDuty's single complaints, as it words them. */
  readonly errors: readonly string[];
}

/** Nothing is certain or PagerDuty asks for patience: the same request may be sent again. */
export interface Retry {
  readonly kind: 'retry';
  /** The HTTP status; absent when there was no answer. */
  readonly status?: number;
  /** Milliseconds PagerDuty asks to wait, where it said so. */
  readonly afterMs?: number;
  readonly message: string;
}

/** The two shapes of PagerDuty's errors: Events API v2, and REST (`reference/…/openapiv3.json`). */
const EVENTS_ERROR = z.object({ message: z.string(), errors: z.array(z.string()).catch([]) });
const REST_ERROR = z.object({
  error: z.object({ message: z.string(), errors: z.array(z.string()).catch([]) }),
});

/** A line of plain text longer than this is no error message. */
const LINE = 200;

/** The most that is kept of what PagerDuty says, in characters and in single complaints. */
const SAID = 500;
const COMPLAINTS = 20;

/**
 * Turns what came back into what to do next.
 *
 * By PagerDuty's table of response codes: 400 never again, 429 and 5xx again later. Other 4xx count as
 * refusals only when they are JSON: else they come from a proxy on the way, and a page must not be
 * lost to one. The same holds for anything else that PagerDuty does not say: 3xx, or a 2xx of another
 * shape.
 *
 * @param read makes the result of a successful answer's body; `undefined` when it is not of the right shape
 * @param mend the setting to look at, for a refusal with this status and text; empty when none is known
 * @param secrets texts that must not be shown, masked to their last four characters
 */
export function judge<T>(
  came: Exchange,
  read: (data: unknown) => T | undefined,
  mend: (status: number, said: string) => string,
  secrets: readonly string[],
): T | Refused | Retry {
  if (came.kind === 'silence') {
    return { kind: 'retry', message: mask(`PagerDuty ${came.message}`, secrets) };
  }
  const { status } = came;
  if (status >= 200 && status < 300) {
    const result = read(came.data);
    if (result !== undefined) return result;
  }
  const { message: said, errors } = complaintOf(came, (text) => cut(mask(text, secrets), SAID));
  const all = [said, ...errors].filter((text) => text !== '').join(', ');
  const message = `PagerDuty answered ${status}${all === '' ? '' : `: ${all}`}`;
  const final = status === 400 || (status > 400 && status < 500 && isObject(came.data));
  if (final && status !== 408 && status !== 429) {
    return { kind: 'refused', status, message: `${message}${mend(status, all)}`, errors };
  }
  return {
    kind: 'retry',
    status,
    ...(came.afterMs === undefined ? {} : { afterMs: came.afterMs }),
    message: status < 400 ? `${message} (not an answer of PagerDuty's API)` : message,
  };
}

/** Replaces each of `secrets` in `text` by an ellipsis and its last four characters. */
export function mask(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, masked(secret))),
    text,
  );
}

/** A secret as it may be shown: its last four characters, or none of it when it is short. */
export function masked(secret: string): string {
  return secret.length < 12 ? '…' : `…${secret.slice(-4)}`;
}

interface Complaint {
  readonly message: string;
  readonly errors: readonly string[];
}

/** @param shown masks first and cuts after, so that no part of a secret is left at the cut */
function complaintOf(
  came: { readonly data: unknown; readonly text: string },
  shown: (text: string) => string,
): Complaint {
  const rest = REST_ERROR.safeParse(came.data);
  const events = EVENTS_ERROR.safeParse(came.data);
  const told = rest.success ? rest.data.error : events.success ? events.data : undefined;
  if (told !== undefined) {
    return { message: shown(told.message), errors: told.errors.slice(0, COMPLAINTS).map(shown) };
  }
  // PagerDuty itself answers some faults in plain text (an unknown routing key); a proxy's page of HTML says nothing.
  const line = came.text.split('\n', 1)[0] ?? '';
  const plain = came.data === undefined && line.length <= LINE && !/^[<{[]/.test(line);
  return { message: plain ? shown(line) : '', errors: [] };
}

function isObject(data: unknown): boolean {
  return typeof data === 'object' && data !== null;
}
