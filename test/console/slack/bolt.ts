import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import type { StandInOptions } from '../../../src/console/server.ts';
import { type Bench, startBench } from './client.ts';

/** A stand-in and a real Bolt app that receives from it. */
export interface BoltBench extends Bench {
  readonly app: App;
  /** Where the app receives. */
  readonly eventsUrl: string;
}

/** Starts both; the app's listeners are added by the test. */
export async function startBoltBench(options: StandInOptions = {}): Promise<BoltBench> {
  const bench = await startBench(options);
  const receiver = new HTTPReceiver({
    signingSecret: bench.signingSecret,
    endpoints: '/slack/events',
    logLevel: LogLevel.ERROR,
    unhandledRequestHandler: () => undefined, // leaves the request open, so that Slack's own timeout shows
  });
  const app = new App({
    receiver,
    token: bench.botToken,
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: bench.apiUrl, retryConfig: { retries: 0 } },
  });
  await app.init();
  const server = createServer((request, response) => receiver.requestListener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const eventsUrl = `http://127.0.0.1:${port}/slack/events`;
  bench.setEventsUrl(eventsUrl);
  return {
    ...bench,
    app,
    eventsUrl,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await bench.stop();
    },
  };
}
