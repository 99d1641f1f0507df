import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsOptions } from 'node:https';

/** An answer longer than this is not read to its end. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What is sent along. */
export interface Sent {
  readonly method: 'POST' | 'PATCH';
  readonly body?: string;
  readonly contentType?: string;
}

/** Where a server is, and how it knows us. */
export type Place = RequestOptions & TlsOptions & { readonly tls?: boolean };

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * Asks over http, or https where the place says so; all of it within `timeoutMs`. Follows no redirect.
 * Without `sent` it is a GET. Throws what node's http throws.
 */
export function ask(place: Place, path: string, timeoutMs: number, sent?: Sent): Promise<Answer> {
  const { tls = false, ...options } = place;
  return new Promise((done, fail) => {
    const take = (response: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MOST_BYTES) call.destroy(new Error('the answer is too long: set fewer lines'));
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      response.on('error', fail);
    };
    const whole = {
      ...options,
      path: `${options.path ?? ''}${path}`,
      method: sent?.method ?? 'GET',
      headers: {
        ...options.headers,
        ...(sent?.contentType === undefined ? {} : { 'Content-Type': sent.contentType }),
      },
    };
    const call = tls ? httpsRequest(whole, take) : httpRequest(whole, take);
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    call.on('error', fail);
    call.on('close', () => clearTimeout(timer));
    call.end(sent?.body);
  });
}
