import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Console, type ConsoleOptions, createConsole } from './console.ts';
import type { SlackApi } from './slack/api.ts';
import type { Actor } from './slack/interact.ts';
import { createWorkspace, type Workspace, type WorkspaceOptions } from './slack/workspace.ts';

/** What a stand-in starts with; everything has a default. */
export interface StandInOptions
  extends Partial<Omit<ConsoleOptions, 'workspace' | 'baseUrl'>>,
    Omit<WorkspaceOptions, 'hint'> {
  /** A workspace made before; the other workspace options are then ignored. */
  readonly workspace?: Workspace;
  /** 0, a free one, when left out. */
  readonly port?: number;
}

/** The token the stand-in accepts when none is given. */
export const STAND_IN_TOKEN = 'xoxb-local';

/** The secret it signs with when none is given. */
export const STAND_IN_SIGNING_SECRET = 'local-signing-secret';

/** A running stand-in. */
export interface StandIn {
  /** Where the page is: `http://127.0.0.1:<port>/console`. */
  readonly url: string;
  /** For `slackApiUrl`, with its slash at the end. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly signingSecret: string;
  readonly workspace: Workspace;
  /** Calls so far, and the hook for faults. */
  readonly api: SlackApi;
  /** People who press and type. */
  readonly actor: Actor;
  /** Tells where the app takes events, once that is known. */
  setEventsUrl(url: string): void;
  /** Stops the server, cutting open connections, and closes the journal. */
  stop(): Promise<void>;
}

/**
 * The Slack stand-in behind its own HTTP server on a free port of this machine: what the automated tests use for
 * Slack.
 * @throws Error when the port is taken or the journal cannot be read
 */
export async function startSlackStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const workspace = options.workspace ?? createWorkspace(options);
  let slackConsole: Console | undefined;
  const server = createServer(async (request, response) => {
    const handled = await slackConsole?.handle(request, response);
    if (!handled) response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/console`;
  const botToken = options.botToken ?? STAND_IN_TOKEN;
  const signingSecret = options.signingSecret ?? STAND_IN_SIGNING_SECRET;
  let eventsUrl = options.eventsUrl ?? `http://127.0.0.1:${port}/slack/events`;
  slackConsole = createConsole({
    ...options,
    workspace,
    botToken,
    signingSecret,
    baseUrl: url,
    eventsUrl: () => (typeof eventsUrl === 'function' ? eventsUrl() : eventsUrl),
  });
  const { api, actor, close } = slackConsole;
  return {
    url,
    apiUrl: `${url}/slack/api/`,
    botToken,
    signingSecret,
    workspace,
    api,
    actor,
    setEventsUrl: (next) => {
      eventsUrl = next;
    },
    stop: async () => {
      close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      workspace.close();
    },
  };
}
