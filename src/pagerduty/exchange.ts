import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { GuardedHttpsAgent, guardedHttps } from '../outward/agents.ts';
import { retryAfterMs } from './retry-after.ts';

/** What became of one request to PagerDuty. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The parsed JSON body; `undefined` when there was none or it was not JSON. */
      readonly data: unknown;
      /** The beginning of the body as it came, for answers that are not JSON. */
      readonly text: string;
      /** Milliseconds until PagerDuty wants to be asked again, where it said so. */
      readonly afterMs?: number;
    }
  /** No answer: unreachable, cut off, or too slow. Whether PagerDuty did the work is unknown. */
  | { readonly kind: 'silence'; readonly message: string };

/** The options that every call of pdjs is given; pdjs hands those it does not know on to node-fetch. */
export interface CallOptions {
  readonly signal: AbortSignal;
  readonly agent: Agent;
  readonly requestTimeout: 0;
  readonly retryTimeout: 0;
  readonly redirect: 'manual';
  readonly compress: false;
}

/** The part of a body that is kept for answers that are not JSON. */
const KEPT_BYTES = 2048;

/** What Node asks of any agent (`http.request` refuses an agent without it). */
interface AddsRequests {
  addRequest(request: ClientRequest, ...rest: unknown[]): void;
}

/** What was seen of the answer on the wire, before pdjs and node-fetch handle it. */
interface Witness {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer[];
}

/**
 * The agent that requests go out by.
 * @param ca a PEM certificate to trust besides the usual ones; without it those that NODE_EXTRA_CA_CERTS names
 *   are trusted too
 */
export function agentTrusting(ca?: string): Agent {
  return ca === undefined
    ? guardedHttps()
    : new GuardedHttpsAgent({ keepAlive: true, ca: [...rootCertificates, ca] });
}

/**
 * Makes one call of pdjs and tells what came of it; never throws.
 *
 * pdjs needs watching, for it hides what a caller must know: it repeats a request answered 429 three
 * times by itself (the count cannot be set) and keeps the answer's headers to itself, throws the
 * answer away when its body is not JSON, and has a request timeout that does nothing except hold the
 * process open. So the answer is observed where it arrives, by a view of the agent made for this one
 * request, and a 429 aborts the request there and then: pdjs sees a failed request, which it does not
 * repeat. Our own timer ends a request that hangs.
 *
 * @param call makes exactly one pdjs request with the options given
 * @param timeoutMs from the start to the end of the body
 */
export async function exchange(
  call: (options: CallOptions) => Promise<unknown>,
  agent: Agent,
  timeoutMs: number,
): Promise<Exchange> {
  const abort = new AbortController();
  let late = false;
  let witness: Witness | undefined;
  const timer = setTimeout(() => {
    late = true;
    abort.abort();
  }, timeoutMs);
  timer.unref();

  const view = watched(agent, (response) => {
    witness = observe(response);
    if (witness.status === 429) abort.abort();
  });
  try {
    const answer = await call({
      signal: abort.signal,
      agent: view,
      requestTimeout: 0,
      retryTimeout: 0,
      redirect: 'manual',
      compress: false,
    });
    return told(witness, dataOf(answer));
  } catch (error) {
    if (late) return { kind: 'silence', message: `gave no answer within ${timeoutMs} ms` };
    return witness === undefined
      ? { kind: 'silence', message: `cannot be reached: ${reasonOf(error)}` }
      : told(witness, undefined);
  } finally {
    clearTimeout(timer);
  }
}

/** A view of `agent` that shows each answer's head before anybody else gets it. */
function watched(agent: Agent, seen: (response: IncomingMessage) => void): Agent {
  const inner = agent as unknown as AddsRequests;
  const view = Object.create(agent) as Agent & AddsRequests;
  view.addRequest = (request, ...rest) => {
    request.once('response', seen);
    inner.addRequest.call(agent, request, ...rest);
  };
  return view;
}

function observe(response: IncomingMessage): Witness {
  const witness: Witness = { status: response.statusCode ?? 0, headers: response.headers, body: [] };
  let kept = 0;
  response.on('data', (chunk: Buffer) => {
    if (kept >= KEPT_BYTES) return;
    kept += chunk.length;
    witness.body.push(chunk);
  });
  return witness;
}

function told(witness: Witness | undefined, data: unknown): Exchange {
  if (witness === undefined) return { kind: 'silence', message: 'cannot be reached: no answer was seen' };
  const afterMs = retryAfterMs(witness.headers, Date.now());
  return {
    kind: 'answer',
    status: witness.status,
    data,
    text: Buffer.concat(witness.body).subarray(0, KEPT_BYTES).toString('utf8').trim(),
    ...(afterMs === undefined ? {} : { afterMs }),
  };
}

function dataOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
}

/** node-fetch wraps the system's message in one that repeats the address; only the reason is kept. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  return /reason: (.+)$/s.exec(error.message)?.[1] ?? error.message;
}
