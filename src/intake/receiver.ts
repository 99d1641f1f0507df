import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type Gate, openGate } from './gate.ts';
import { BodyCut, readBody, sendJson, sendUnread, TooLarge } from './http.ts';

/** The largest body of a webhook that is read, in bytes: 1 MiB. */
export const LARGEST_BODY_BYTES = 1024 * 1024;

/** When to come again after our own fault, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** A request that is not taken in, through a fault of its sender; the message says what and how to mend it. */
export class Refused extends Error {
  readonly status: 400 | 401 | 404 | 405 | 413 | 429;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: Refused['status'], message: string, headers: OutgoingHttpHeaders = {}) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.headers = headers;
  }
}

/** What is particular to the webhooks of one sender. */
export interface ReceiverOptions {
  /** Whether it is known by the head of a request whose it is, or only by its body, which is signed. */
  readonly known: 'by head' | 'by body';
  /** Shared by the webhooks of a process; one of its own when left out. */
  readonly gate?: Gate | undefined;
  readonly source: 'alertmanager' | 'pagerduty';
  /** Why there is nothing at this address, when there is not: 404, whatever is asked. */
  readonly off?: string;
  /** Looks at the head of a request before its body is read. @throws Refused */
  readonly admit?: (req: IncomingMessage) => void;
  /**
   * Takes in a body and resolves with the answer once it is committed.
   * @throws Refused when the body is at fault; everything else it throws is a fault of our own
   */
  readonly take: (body: Buffer, req: IncomingMessage) => Promise<object>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'webhook'>;
}

/** Handles one request to a route. Never rejects. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** There is no room for the body just now. */
class Crowded extends Error {}

/**
 * Makes the handler of a webhook: POST alone, 1 MiB at most, 200 only after `take` has committed.
 *
 * Every fault of our own is 503 with `Retry-After`: the senders try again after a 5xx and drop what
 * was answered with a 4xx. So is a crowd: too many bodies at once. A peer that is refused again and again for not
 * saying who it is gets 429 in place of 401, and no more lines in the log; whoever says it is let in all the same.
 */
export function createReceiver(options: ReceiverOptions): RequestHandler {
  const { source, admit, take, metrics } = options;
  const gate = options.gate ?? openGate();
  const { strangers } = gate;
  const room = options.known === 'by head' ? gate.room : gate.hall;
  const log = options.log.child({ source });

  /** What a refusal is answered with; logged here, unless it is one of a flood. */
  function refusal(refused: Refused, req: IncomingMessage): Refused {
    const { status, message } = refused;
    if (status !== 401) {
      log.warn({ code: status, why: message }, 'a webhook was refused');
      return refused;
    }
    const peer = req.socket.remoteAddress;
    const { isFlood, isFirstOfFlood, waitSeconds } = strangers.refused(peer);
    if (!isFlood) log.warn({ code: status, why: message, peer }, 'a webhook was refused');
    if (isFirstOfFlood) {
      log.warn(
        { peer, waitSeconds },
        'a peer is refused again and again: no more of it is logged until then',
      );
    }
    if (!isFlood) return refused;
    return new Refused(429, `${message}; refused too often`, { 'retry-after': String(waitSeconds) });
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<number | 'cut'> {
    let isRead = false;
    let leave: (() => void) | undefined;
    try {
      if (options.off !== undefined) throw new Refused(404, options.off);
      if (req.method !== 'POST') throw new Refused(405, 'only POST is answered here', { allow: 'POST' });
      admit?.(req);
      leave = room.enter(Math.min(announced(req), LARGEST_BODY_BYTES));
      if (leave === undefined) throw new Crowded('too many requests at once');
      const body = await readBody(req, LARGEST_BODY_BYTES);
      isRead = true;
      sendJson(res, 200, await take(body, req));
      return 200;
    } catch (error) {
      if (error instanceof BodyCut) {
        log.warn({ why: error.message }, 'a webhook broke off');
        return 'cut';
      }
      const refused = error instanceof TooLarge ? new Refused(413, error.message) : error;
      const send = isRead ? sendJson : sendUnread;
      if (refused instanceof Refused) {
        const { status, message, headers } = refusal(refused, req);
        send(res, status, { error: message }, headers);
        return status;
      }
      if (error instanceof Crowded) log.warn('a webhook is to come again: too many are being taken in');
      else log.error({ err: error }, 'a webhook could not be taken in');
      const headers = { 'retry-after': String(RETRY_AFTER_SECONDS) };
      send(res, 503, { error: 'this could not be stored now; send it again' }, headers);
      return 503;
    } finally {
      leave?.();
    }
  }

  return async (req, res) => {
    const began = performance.now();
    const code = await answer(req, res);
    metrics.webhook(source, code, performance.now() - began);
  };
}

/** How many bytes a body will take up; one that comes in chunks may be as large as any. */
function announced(req: IncomingMessage): number {
  return Number(req.headers['content-length'] ?? LARGEST_BODY_BYTES);
}
