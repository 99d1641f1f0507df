import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsOptions } from 'node:https';

/** An answer longer than this is not read to its end. */
const MOST_BYTES = 16 * 1024 * 1024;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** GETs over http, or https with `tls`; all of it within `timeoutMs`. Throws what node's http throws. */
export function get(options: RequestOptions & TlsOptions, timeoutMs: number, tls = false): Promise<Answer> {
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
    const call = tls ? httpsRequest(options, take) : httpRequest(options, take);
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    call.on('error', fail);
    call.on('close', () => clearTimeout(timer));
    call.end();
  });
}

/** The lines of a text, without the empty one behind the last line break. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
