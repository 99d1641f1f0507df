import { useEffect, useState } from 'react';

/** What the address shows: a channel, perhaps a thread in it, perhaps one message pointed at. */
export interface Route {
  readonly channel: string | undefined;
  readonly thread: string | undefined;
  readonly message: string | undefined;
}

const PATTERN = /^#([CD][A-Z0-9]+)(?:\/p(\d{10,12})(\d{6}))?(?:\?thread_ts=(\d+\.\d{6}).*)?$/;

/** Reads `#C123`, `#C123/p1699999999000100` and `…?thread_ts=1699999999.000100`. */
export function parseRoute(hash: string): Route {
  const [, channel, seconds, fraction, parent] = PATTERN.exec(hash) ?? [];
  const message = seconds === undefined ? undefined : `${seconds}.${fraction}`;
  return { channel, thread: parent ?? message, message };
}

/** The address of a channel. */
export function channelHash(channel: string): string {
  return `#${channel}`;
}

/** The address of a thread. */
export function threadHash(channel: string, ts: string): string {
  return `#${channel}/p${ts.replace('.', '')}`;
}

/** What the address shows now; follows it. */
export function useRoute(): Route {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    const follow = (): void => setHash(window.location.hash);
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  return parseRoute(hash);
}

const OWN_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The hash of a link into this console, by whichever of the machine's names; nothing for any other link. */
export function ownHash(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  const isOwn =
    OWN_NAMES.has(url.hostname) && url.port === window.location.port && url.pathname === '/console';
  return isOwn && url.hash !== '' ? url.hash : undefined;
}
