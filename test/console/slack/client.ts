import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api';
import { type StandIn, type StandInOptions, startSlackStandIn } from '../../../src/console/server.ts';

/** A running stand-in and a real Slack client that talks to it, without the client's own retries and noise. */
export interface Bench extends StandIn {
  readonly client: WebClient;
  /** Another client: another token, other options. */
  connect(token: string | undefined, options?: WebClientOptions): WebClient;
}

/** Starts a stand-in with a client. */
export async function startBench(options: StandInOptions = {}): Promise<Bench> {
  const standIn = await startSlackStandIn({ channels: ['#incidents', '#backend-team'], ...options });
  const connect = (token: string | undefined, more: WebClientOptions = {}): WebClient =>
    new WebClient(token, {
      slackApiUrl: standIn.apiUrl,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logLevel: LogLevel.ERROR,
      logger: SILENT,
      ...more,
    });
  return { ...standIn, connect, client: connect(standIn.botToken) };
}

const SILENT: NonNullable<WebClientOptions['logger']> = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** What Slack said no with: its code and the sentences that came with it. */
export interface Refusal {
  readonly error: string;
  readonly messages: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
}

/** The refusal of a call that must fail; throws when it does not. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const data = (error as { data?: { error?: string; response_metadata?: { messages?: string[] } } }).data;
    if (data?.error === undefined) throw error;
    return { error: data.error, messages: data.response_metadata?.messages ?? [], data: { ...data } };
  }
  throw new Error('the call was accepted');
}
