import type { App, HTTPReceiver, Receiver } from '@slack/bolt';
import type { Logger } from '../observe/log.ts';
import { boltApp, httpReceiver, socketModeReceiver } from './bolt.ts';
import { clientOptions } from './client.ts';
import type { Desk } from './desk.ts';
import { listenToDiagnosis } from './listeners/diagnosis.ts';
import { listenToFollowUps } from './listeners/follow-ups.ts';
import { listenToIncidents } from './listeners/incident.ts';
import { listenToPoolCommand } from './listeners/pool-command.ts';
import { listenToRemedies } from './listeners/remedies.ts';
import { listenToShifts } from './listeners/shift.ts';
import { listenToStorms } from './listeners/storm.ts';
import { boltLogger } from './logger.ts';
import { SlackSocket, type SocketOptions } from './socket.ts';

/** The path of Slack's requests. */
export const SLACK_PATH = '/slack/events';

/** A payload of Slack's is far smaller than this. */
const BODY_LIMIT = 1024 * 1024;

export interface SlackAppOptions {
  readonly botToken: string;
  readonly apiUrl: string;
  /** HTTP: requests are verified by it. */
  readonly signingSecret?: string;
  /** Socket Mode: the connection is opened with it. */
  readonly appToken?: string;
  readonly log: Logger;
  /** Told of each request's work, which goes on after the request is acknowledged; it must not throw. */
  readonly onWork?: (work: Promise<unknown>) => void;
  /** How the socket waits between its tries; tests only. */
  readonly wait?: SocketOptions['wait'];
}

/** Bolt, and how its requests come in. */
export interface SlackApp {
  readonly app: App;
  /** The receiver of `POST /slack/events`; absent in Socket Mode. */
  readonly http?: HTTPReceiver;
  /** Begins to open the socket, which may take until Slack is there; nothing to do over HTTP. */
  start(): void;
  /** Why nothing comes in over the socket; `undefined` when it is open, and over HTTP. */
  trouble(): string | undefined;
  stop(): Promise<void>;
}

/** Makes the Bolt app, over HTTP or Socket Mode. No call is made to Slack: it may be down just now. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const logger = boltLogger(options.log);
  if (options.appToken !== undefined) {
    const receiver = new (socketModeReceiver())({
      appToken: options.appToken,
      logger,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: clientOptions(options) },
    });
    const app = bolt(options, receiver);
    const socket = new SlackSocket({
      receiver,
      log: options.log,
      ...(options.wait === undefined ? {} : { wait: options.wait }),
    });
    return {
      app,
      start: () => socket.start(),
      trouble: () => socket.trouble(),
      stop: () => socket.stop(),
    };
  }
  const http = new (httpReceiver())({
    signingSecret: options.signingSecret ?? '',
    endpoints: [SLACK_PATH],
    logger,
    bodyLimit: BODY_LIMIT,
    // A request that no listener takes is acknowledged by nobody: say so soon instead of hanging on.
    unhandledRequestTimeoutMillis: 2_500,
  });
  const app = bolt(options, http);
  return { app, http, start: () => undefined, trouble: () => undefined, stop: async () => undefined };
}

/** Connects the listeners to what they work with. */
export function listen(app: App, desk: Desk): void {
  listenToIncidents(app, desk);
  listenToShifts(app, desk);
  listenToDiagnosis(app, desk);
  listenToRemedies(app, desk);
  listenToFollowUps(app, desk);
  listenToStorms(app, desk);
  listenToPoolCommand(app, desk);
}

function bolt(options: SlackAppOptions, receiver: Receiver): App {
  const app = new (boltApp())({
    receiver,
    // Bolt's own way asks Slack who the bot is before it runs a listener; an answer must not hang on that.
    authorize: async () => ({ botToken: options.botToken }),
    clientOptions: clientOptions(options),
    logger: boltLogger(options.log),
    ignoreSelf: false,
  });
  app.use(async ({ next }) => {
    const work = next();
    options.onWork?.(work);
    await work;
  });
  app.error(async (error) => {
    options.log.error({ err: error }, 'a Slack request could not be handled');
  });
  return app;
}
