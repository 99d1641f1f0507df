import { event as enqueue } from '@pagerduty/pdjs';
import type { EventParameters, EventPayloadV2 } from '@pagerduty/pdjs/build/src/events.js';
import { z } from 'zod';
import type { PagerEvent } from './event.ts';
import { agentTrusting, exchange } from './exchange.ts';
import { judge, masked, type Refused, type Retry } from './outcome.ts';
import { wireEvent } from './payload.ts';
import { checkServerName } from './server-name.ts';

/** PagerDuty has the event, and will page, acknowledge or resolve by it in a moment. */
export interface Accepted {
  readonly kind: 'accepted';
  /** The key the alert is known by from now on. */
  readonly dedupKey: string;
}

/** What came of sending an event. */
export type Outcome = Accepted | Refused | Retry;

/** How to reach the Events API. */
export interface EventsOptions {
  /** Host and optional port, e.g. `events.eu.pagerduty.com`; always reached by TLS. */
  readonly server: string;
  /** From the start of a request to the end of its answer; 5 seconds when left out. */
  readonly timeoutMs?: number;
  /** A PEM certificate to trust besides the usual ones, for a test server. */
  readonly ca?: string;
}

/** PagerDuty's Events API v2. */
export interface Events {
  /**
   * Sends one event, in exactly one request; never throws. Safe to repeat: PagerDuty takes events with
   * the same `dedupKey` together.
   */
  send(event: PagerEvent): Promise<Outcome>;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/** The answer to an accepted event (`reference/events-v2/openapiv3.json`, 202). */
const SUCCESS = z.object({ status: z.literal('success'), dedup_key: z.string().optional() });

/**
 * The Events API v2, by pdjs.
 * @throws Error when `server` is no server name
 */
export function createEvents({ server, timeoutMs = DEFAULT_TIMEOUT_MS, ca }: EventsOptions): Events {
  checkServerName(server, 'PAGERDUTY_EVENTS_SERVER');
  const agent = agentTrusting(ca);
  return {
    async send(event) {
      const data = wireEvent(event);
      const came = await exchange(
        async (options) => {
          // pdjs' type wants a payload with every event; PagerDuty wants it with a trigger alone.
          const parameters: EventParameters = { server, data: data as unknown as EventPayloadV2, ...options };
          return enqueue(parameters);
        },
        agent,
        timeoutMs,
      );
      return judge(
        came,
        (answer): Accepted | undefined => {
          const success = SUCCESS.safeParse(answer);
          if (!success.success) return undefined;
          return { kind: 'accepted', dedupKey: success.data.dedup_key ?? data.dedup_key };
        },
        (_status, said) =>
          /routing.?key/i.test(said)
            ? ` (check the level's page.routing_key, which ends in ${masked(event.routingKey)})`
            : '',
        [event.routingKey],
      );
    },
  };
}
