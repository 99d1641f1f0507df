import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `vite build` puts the page: dist/console-page, found from dist/console and from src/console alike. */
export const DEFAULT_PAGE_DIR = fileURLToPath(new URL('../../dist/console-page', import.meta.url));

/**
 * Nothing runs or loads but what this server itself serves. Styles may be set by script on an element (that is not
 * inline style in CSP's sense), pictures come from here or are drawn in the page.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of everything under /console. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const TYPES: { readonly [extension: string]: string } = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

const NOT_BUILT = 'The console page has not been built. Run "npm run build" and reload.';

/** The page itself. Says how to build it when it is not there. */
export async function servePage(response: ServerResponse, pageDir: string): Promise<void> {
  const page = await read(join(pageDir, 'index.html'));
  if (page === undefined) {
    answerText(response, 503, NOT_BUILT);
    return;
  }
  response.writeHead(200, { ...SAFE_HEADERS, 'content-type': TYPES.html, 'cache-control': 'no-store' });
  response.end(page);
}

/** One of the page's scripts or styles; their names change with their content, so they may be kept for ever. */
export async function serveAsset(response: ServerResponse, pageDir: string, name: string): Promise<void> {
  const isPlain = basename(name) === name && !name.startsWith('.');
  const type = TYPES[name.split('.').at(-1) ?? ''];
  const content = isPlain && type !== undefined ? await read(join(pageDir, 'assets', name)) : undefined;
  if (content === undefined || type === undefined) {
    answerText(response, 404, 'There is no such file.');
    return;
  }
  response.writeHead(200, {
    ...SAFE_HEADERS,
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  response.end(content);
}

/** Plain words. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...SAFE_HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** A JSON body. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}
