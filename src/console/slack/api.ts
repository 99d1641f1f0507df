import type { IncomingMessage, ServerResponse } from 'node:http';
import { Arguments, parseArguments } from './arguments.ts';
import { SlackError } from './errors.ts';
import { type Call, type Fault, type FaultHook, readableArguments } from './faults.ts';
import { readBody } from './http.ts';
import { METHODS } from './methods/index.ts';
import type { Method } from './methods/method.ts';
import { Pacing, type PacingOptions } from './pacing.ts';
import type { Workspace } from './workspace.ts';

/** How the Web API behaves. */
export interface ApiOptions {
  readonly workspace: Workspace;
  /** Where the console is reached, without a slash at the end. */
  readonly baseUrl: string;
  /** The tokens it accepts and the scopes of each. */
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  /** Slack's rate limits; left out, nothing is counted. */
  readonly pacing?: PacingOptions;
  readonly faults?: FaultHook;
}

/** Every scope the methods here need, those that let one say or see more, and the one of the command. */
export const ALL_SCOPES: readonly string[] = [
  ...new Set([...METHODS.values()].flatMap((method) => method.scope ?? [])),
  'chat:write.public',
  'commands',
  'users:read.email',
].sort();

/** The last this many calls are remembered. */
const MAX_CALLS = 10_000;

/** More than this in one call ends in 413; Slack's own limit is about a megabyte. */
const MAX_BODY_BYTES = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Slack's Web API over HTTP: `POST …/<method>`. */
export class SlackApi {
  /** What was called, the oldest first. */
  readonly calls: Call[] = [];
  /** The methods of the calls that came too soon and were refused with 429, the first first. */
  readonly tooSoon: string[] = [];
  /** Asked before each call; may be set and taken away while it runs. */
  faults: FaultHook | undefined;
  readonly #options: ApiOptions;
  readonly #pacing: Pacing | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.faults = options.faults;
    this.#pacing = options.pacing === undefined ? undefined : new Pacing(options.pacing);
  }

  /** Answers one request. */
  async handle(methodName: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === undefined) {
      send(response, { status: 413, body: { ok: false, error: 'request_too_large' } });
      return;
    }
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const args = attempt(() => parseArguments(request.headers['content-type'] ?? '', body, query));
    const values = args instanceof Arguments ? args.values : {};
    const token = bearer(request) ?? (typeof values.token === 'string' ? values.token : undefined);
    const call: Call = {
      method: methodName,
      args: readableArguments(values),
      at: this.#options.workspace.now(),
      ...(token === undefined ? {} : { token }),
    };
    this.calls.push(call);
    if (this.calls.length > MAX_CALLS) this.calls.shift();

    const fault = this.faults?.(methodName, call.args);
    if (fault !== undefined && fault.kind !== 'after') {
      act(response, fault);
      return;
    }
    const answer = args instanceof SlackError ? refusal(args) : this.#answer(methodName, args, token);
    if (fault === undefined) send(response, answer);
    else if (fault.answer === 'drop') response.destroy();
    else if (fault.answer !== 'timeout') send(response, { status: fault.answer.status, body: {} });
  }

  #answer(methodName: string, args: Arguments, token: string | undefined): Answer {
    const found = attempt(() => this.#admit(methodName, args, token));
    if (found instanceof SlackError) return refusal(found);
    const { method, scopes } = found;
    const headers = {
      'x-oauth-scopes': scopes.join(','),
      ...(method.scope === undefined ? {} : { 'x-accepted-oauth-scopes': method.scope }),
    };
    const { workspace, baseUrl } = this.#options;
    const result = attempt(() => method.run(args, { workspace, baseUrl, scopes }));
    if (result instanceof SlackError) return { ...refusal(result), headers };
    return { status: 200, headers, body: { ok: true, ...result } };
  }

  /** Known method, known token, not too soon, scope given. @throws SlackError */
  #admit(
    methodName: string,
    args: Arguments,
    token: string | undefined,
  ): { method: Method; scopes: readonly string[] } {
    const method = METHODS.get(methodName);
    if (method === undefined) throw new SlackError('unknown_method', { fields: { req_method: methodName } });
    if (token === undefined) throw new SlackError('not_authed');
    const scopes = Object.hasOwn(this.#options.tokens, token) ? this.#options.tokens[token] : undefined;
    if (scopes === undefined) throw new SlackError('invalid_auth');
    const { workspace } = this.#options;
    const given = args.text('channel') ?? '';
    const channel = workspace.channel(given)?.id ?? given;
    const wait = this.#pacing?.count({
      method: method.name,
      tier: method.tier,
      token,
      channel,
      now: workspace.now(),
    });
    if (wait !== undefined) {
      this.tooSoon.push(method.name);
      throw new SlackError('ratelimited', { fields: { retryAfter: wait } });
    }
    if (method.scope !== undefined && !scopes.includes(method.scope)) {
      throw new SlackError('missing_scope', { fields: { needed: method.scope, provided: scopes.join(',') } });
    }
    return { method, scopes };
  }
}

function attempt<T>(work: () => T): T | SlackError {
  try {
    return work();
  } catch (error) {
    if (error instanceof SlackError) return error;
    throw error;
  }
}

function refusal(error: SlackError): Answer {
  if (error.code !== 'ratelimited') return { status: 200, body: error.toBody() };
  return {
    status: 429,
    headers: { 'retry-after': String(error.fields.retryAfter) },
    body: { ok: false, error: 'ratelimited' },
  };
}

function act(response: ServerResponse, fault: Exclude<Fault, { kind: 'after' }>): void {
  if (fault.kind === 'drop') response.destroy();
  else if (fault.kind === 'error') send(response, { status: 200, body: { ok: false, error: fault.error } });
  else if (fault.kind === 'status') {
    send(response, {
      status: fault.status,
      body: {},
      ...(fault.headers === undefined ? {} : { headers: fault.headers }),
    });
  }
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
