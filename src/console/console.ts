import type { IncomingMessage, ServerResponse } from 'node:http';
import { DEFAULT_PAGE_DIR } from './assets.ts';
import type { CommandHelp } from './protocol.ts';
import { answer, type Routes } from './routes.ts';
import { ALL_SCOPES, SlackApi } from './slack/api.ts';
import type { FaultHook } from './slack/faults.ts';
import { Actor } from './slack/interact.ts';
import type { PacingOptions } from './slack/pacing.ts';
import type { Workspace } from './slack/workspace.ts';
import { pageChange } from './snapshot.ts';
import { Streams } from './stream.ts';

/** What the console needs. */
export interface ConsoleOptions {
  readonly workspace: Workspace;
  /** The app's receiver, `http://127.0.0.1:3000/slack/events`; a function where the port is known only later. */
  readonly eventsUrl: string | (() => string);
  readonly signingSecret: string;
  /** The one token the Web API accepts. */
  readonly botToken: string;
  /** Where the built page lies; dist/console-page when left out. */
  readonly pageDir?: string;
  /** Where the console is reached; the events' origin and `/console` when left out. */
  readonly baseUrl?: string;
  /** The token's scopes; all there are when left out. */
  readonly scopes?: readonly string[];
  /** Slack's rate limits; none when left out. */
  readonly pacing?: PacingOptions;
  readonly faults?: FaultHook;
  /** What the composer completes. */
  readonly commands?: readonly CommandHelp[];
  /** How long an acknowledgement may take, milliseconds; three seconds as in Slack when left out. */
  readonly ackTimeoutMs?: number;
}

/** The console, to be mounted in an HTTP server. */
export interface Console {
  /** Answers what is under `/console`; false, and nothing done, for any other path. */
  handle(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>;
  readonly api: SlackApi;
  readonly actor: Actor;
  /** Ends the open pages' streams. */
  close(): void;
}

/**
 * The local console: the page, the Slack Web API its workspace is reached by, and the acts of the people in front of
 * the page. Answers to this machine alone.
 */
export function createConsole(options: ConsoleOptions): Console {
  const { workspace } = options;
  const place = {
    get eventsUrl(): string {
      return typeof options.eventsUrl === 'function' ? options.eventsUrl() : options.eventsUrl;
    },
    get baseUrl(): string {
      return options.baseUrl ?? `${new URL(this.eventsUrl).origin}/console`;
    },
  };
  const api = new SlackApi({
    workspace,
    tokens: { [options.botToken]: options.scopes ?? ALL_SCOPES },
    get baseUrl() {
      return place.baseUrl;
    },
    ...(options.pacing === undefined ? {} : { pacing: options.pacing }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const actor = new Actor({
    workspace,
    signingSecret: options.signingSecret,
    get eventsUrl() {
      return place.eventsUrl;
    },
    get baseUrl() {
      return place.baseUrl;
    },
    ...(options.ackTimeoutMs === undefined ? {} : { ackTimeoutMs: options.ackTimeoutMs }),
  });
  const streams = new Streams();
  const unsubscribe = workspace.subscribe((change) => {
    if (streams.size > 0) streams.tell(pageChange(workspace, change, place.baseUrl));
  });
  const routes: Routes = {
    workspace,
    api,
    actor,
    streams,
    place,
    pageDir: options.pageDir ?? DEFAULT_PAGE_DIR,
    commands: options.commands ?? [],
  };
  return {
    api,
    actor,
    handle: (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (url.pathname !== '/console' && !url.pathname.startsWith('/console/')) return false;
      return answer(routes, request, response, url).then(() => true);
    },
    close: () => {
      unsubscribe();
      streams.close();
    },
  };
}
