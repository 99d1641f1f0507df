import type { IncomingMessage } from 'node:http';

/** A refusal of the console's door, in words for the person in front of it. */
export interface Refusal {
  readonly status: 403 | 415;
  readonly reason: string;
}

const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whoever opens the console may act as anyone, so it is for this machine alone: the peer must be a loopback address,
 * nothing may stand between, and the name it was asked for must be this machine's own (a page that rebinds its DNS
 * name to 127.0.0.1 sends its own name).
 * @returns nothing when the request may pass
 */
export function refuseStrangers(request: IncomingMessage): Refusal | undefined {
  if (!isLoopback(request.socket.remoteAddress ?? '')) {
    return refusal(
      'The console answers only on the machine it runs on. Open it there, or through an SSH tunnel.',
    );
  }
  if (PROXY_HEADERS.some((header) => request.headers[header] !== undefined)) {
    return refusal('The console does not answer through a proxy: whoever opens it may act as anyone.');
  }
  if (!isOwnName(hostname(request.headers.host ?? ''))) {
    return refusal('The console answers only to the names localhost, 127.0.0.1 and [::1].');
  }
  return undefined;
}

/**
 * Requests that read or change the console's state must come from its own page, not from another site's.
 * @returns nothing when the request may pass
 */
export function refuseOtherSites(request: IncomingMessage): Refusal | undefined {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return refusal('This request comes from another site.');
  }
  const { origin, host } = request.headers;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) {
    return refusal('This request comes from another site.');
  }
  if (request.method !== 'POST') return undefined;
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? undefined : { status: 415, reason: 'Send JSON, as application/json.' };
}

function refusal(reason: string): Refusal {
  return { status: 403, reason };
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(plain);
}

/** The host's name without its port: `[::1]:3000` is `[::1]`. */
function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function isOwnName(name: string): boolean {
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]';
}
