import { createRequire } from 'node:module';
import type * as bolt from '@slack/bolt';

/**
 * Bolt, part by part: the package's index loads Express and a receiver for Lambda too, which nobody here
 * uses and every start and every replica's memory would pay for.
 */
const load = createRequire(import.meta.url);

type Part<T> = { readonly default: T };

/** Bolt's `App`. */
export function boltApp(): typeof bolt.App {
  return (load('@slack/bolt/dist/App.js') as Part<typeof bolt.App>).default;
}

/** What takes Slack's requests over HTTP. */
export function httpReceiver(): typeof bolt.HTTPReceiver {
  return (load('@slack/bolt/dist/receivers/HTTPReceiver.js') as Part<typeof bolt.HTTPReceiver>).default;
}

/** What takes them over Socket Mode. */
export function socketModeReceiver(): typeof bolt.SocketModeReceiver {
  return (load('@slack/bolt/dist/receivers/SocketModeReceiver.js') as Part<typeof bolt.SocketModeReceiver>)
    .default;
}
