import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../observe/log.ts';
import type { Gate } from './gate.ts';
import { sendUnread } from './http.ts';
import { LARGEST_BODY_BYTES } from './receiver.ts';

/** The form of Slack's signature (docs.slack.dev, "Verifying requests from Slack"). */
const SIGNATURE = /^v0=[0-9a-f]{64}$/;

/** Slack's own window around the time of a request, in seconds. */
const WINDOW_SECONDS = 5 * 60;

export interface SlackIntakeOptions {
  /** Bolt's, which verifies the signature and does the rest. */
  readonly listener: (req: IncomingMessage, res: ServerResponse) => void;
  readonly gate: Gate;
  readonly log: Logger;
  /** Milliseconds since 1970; the system's clock when left out. */
  readonly now?: () => number;
}

/**
 * What stands before Bolt: a request that carries no signature, or one of another time, is refused by its head,
 * before its body is read; so is one too many at once, with 503. Whether a signature is right Bolt tells.
 */
export function createSlackIntake(
  options: SlackIntakeOptions,
): (req: IncomingMessage, res: ServerResponse) => void {
  const { listener, gate, log, now = Date.now } = options;
  return (req, res) => {
    if (!couldBeSlack(req, now())) {
      const peer = req.socket.remoteAddress;
      const { isFlood, waitSeconds } = gate.strangers.refused(peer);
      if (!isFlood) log.warn({ peer }, 'a request to Slack’s address was refused: it is not signed');
      if (isFlood)
        sendUnread(res, 429, { error: 'refused too often' }, { 'retry-after': String(waitSeconds) });
      else sendUnread(res, 401, { error: 'this is for Slack alone: it is not signed, or not now' });
      return;
    }
    const leave = gate.hall.enter(
      Math.min(Number(req.headers['content-length'] ?? LARGEST_BODY_BYTES), LARGEST_BODY_BYTES),
    );
    if (leave === undefined) {
      log.warn('a request of Slack was refused: too many are being taken in');
      sendUnread(res, 503, { error: 'too many requests at once' }, { 'retry-after': '1' });
      return;
    }
    res.once('close', leave);
    listener(req, res);
  };
}

function couldBeSlack({ headers }: IncomingMessage, nowMs: number): boolean {
  const signature = headers['x-slack-signature'];
  const timestamp = headers['x-slack-request-timestamp'];
  return (
    typeof signature === 'string' &&
    SIGNATURE.test(signature) &&
    Math.abs(nowMs / 1_000 - Number(timestamp)) <= WINDOW_SECONDS
  );
}
