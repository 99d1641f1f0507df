import type { ServerResponse } from 'node:http';
import { SAFE_HEADERS } from './assets.ts';
import type { PageChange, Snapshot } from './protocol.ts';

/** A comment line this often keeps the connection from being taken for dead. */
const HEARTBEAT_MS = 15_000;

/** What a browser waits before it connects again, milliseconds. */
const RETRY_MS = 1_000;

/**
 * The open pages, fed by Server-Sent Events. A page gets the whole state first and then every change, on one
 * connection and in order, so it can never mix an old state with a newer change; after a break it starts over.
 */
export class Streams {
  readonly #open = new Set<ServerResponse>();
  #heartbeat: NodeJS.Timeout | undefined;

  /** Adds a page. */
  add(response: ServerResponse, state: Snapshot): void {
    response.writeHead(200, {
      ...SAFE_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n${event('state', state)}`);
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
    this.#heartbeat ??= setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS).unref();
  }

  /** Tells every page of a change. */
  tell(change: PageChange): void {
    if (this.#open.size > 0) this.#write(event('change', change));
  }

  /** How many pages are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const response of this.#open) response.end();
    this.#open.clear();
  }

  #write(text: string): void {
    for (const response of this.#open) response.write(text);
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
