import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** A sender that says nothing for this long in the middle of its body is not waited for any longer. */
export const BODY_STALL_MS = 10_000;

/**
 * An idle connection is kept for longer than its senders keep it (90 s by the default transport of Go, which
 * Alertmanager is written in: https://pkg.go.dev/net/http#DefaultTransport). Whoever closes it first should
 * be the one who sends next: a request that meets a closing connection is lost without an answer.
 */
export const KEEP_ALIVE_MS = 95_000;

/** What is left of an unread body is taken in for this long, so that its sender gets to read the answer. */
const LINGER_MS = 1_000;

/** And not more of it than this. */
const LINGER_BYTES = 4 * 1024 * 1024;

/** The body is longer than it may be: 413. Most of it was not read, so answer with `sendUnread`. */
export class TooLarge extends Error {
  constructor(limitBytes: number) {
    super(`the body is larger than ${limitBytes} bytes`);
    this.name = 'TooLarge';
  }
}

/** The sender went away or fell silent in the middle of its body; its connection is closed, nobody waits for an answer. */
export class BodyCut extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'BodyCut';
  }
}

/**
 * Reads a body of at most `limitBytes`, whether its length was announced or it comes in chunks.
 *
 * @param stallMs milliseconds of silence after which the connection is closed
 * @throws TooLarge as soon as the announced or the counted length passes the limit
 * @throws BodyCut when the sender stalls or goes away. A stalled sender is not answered with 408:
 * Alertmanager takes every 4xx for final, but tries again after a connection that broke
 */
export function readBody(
  req: IncomingMessage,
  limitBytes: number,
  stallMs: number = BODY_STALL_MS,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > limitBytes) return reject(new TooLarge(limitBytes));
    if (req.destroyed) return reject(new BodyCut('the sender went away'));
    const chunks: Buffer[] = [];
    let size = 0;
    const over = (): void => {
      clearTimeout(stall);
      req.off('data', take).off('end', whole).off('close', gone).off('error', gone);
    };
    const stall = setTimeout(() => {
      over();
      // What breaks after this is the connection that we broke.
      req.on('error', () => undefined);
      req.destroy();
      reject(new BodyCut(`the sender was silent for ${stallMs} ms`));
    }, stallMs);
    const take = (chunk: Buffer): void => {
      stall.refresh();
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limitBytes) return;
      over();
      reject(new TooLarge(limitBytes));
    };
    const whole = (): void => {
      over();
      resolve(Buffer.concat(chunks, size));
    };
    const gone = (): void => {
      over();
      reject(new BodyCut('the sender went away'));
    };
    req.on('data', take).once('end', whole).once('close', gone).once('error', gone);
  });
}

/** Answers with JSON. Does nothing when the sender is gone or has its answer already. */
export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  if (head(res, status, 'application/json; charset=utf-8', JSON.stringify(body), headers)) res.end();
}

/** Answers with plain text, or what `content-type` among the headers says. */
export function sendText(
  res: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  if (head(res, status, 'text/plain; charset=utf-8', text, headers)) res.end();
}

/**
 * Answers with JSON a request whose body was not read, and closes its connection.
 *
 * A connection that is closed while its sender still sends is reset, and the answer may be lost with
 * it. So the answer goes out at once and the rest of the body is thrown away, for a bounded time.
 */
export function sendUnread(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const { req } = res;
  if (!announcesBody(req)) {
    sendJson(res, status, body, headers);
    return;
  }
  const text = JSON.stringify(body);
  if (!head(res, status, 'application/json; charset=utf-8', text, { ...headers, connection: 'close' }))
    return;
  let thrownAway = 0;
  const close = (): void => {
    clearTimeout(timer);
    req.off('data', drop).off('end', close).off('close', close);
    res.end();
  };
  const drop = (chunk: Buffer): void => {
    thrownAway += chunk.length;
    if (thrownAway > LINGER_BYTES) close();
  };
  const timer = setTimeout(close, LINGER_MS);
  req.on('error', () => undefined);
  req.on('data', drop).once('end', close).once('close', close);
}

function announcesBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** Writes head and body; the caller ends the response. False when there is nobody to answer. */
function head(
  res: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: OutgoingHttpHeaders,
): boolean {
  if (res.headersSent || res.destroyed) return false;
  const content = Buffer.from(text);
  res.writeHead(status, { 'content-type': type, 'content-length': content.length, ...headers });
  res.write(content);
  return true;
}
