import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseOtherSites, refuseStrangers } from './access.ts';
import { performAct } from './act.ts';
import { answerJson, answerText, SAFE_HEADERS, serveAsset, servePage } from './assets.ts';
import type { CommandHelp } from './protocol.ts';
import type { SlackApi } from './slack/api.ts';
import { receiveUpload } from './slack/files.ts';
import { readBody } from './slack/http.ts';
import type { Actor } from './slack/interact.ts';
import { receiveResponse } from './slack/responses.ts';
import type { Workspace } from './slack/workspace.ts';
import { pageMessage, snapshot } from './snapshot.ts';
import type { Streams } from './stream.ts';

const MAX_JSON_BYTES = 256 * 1024;

/** Slack takes a gigabyte; charts and logs are small. */
const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;

/** What the addresses under /console lead to. */
export interface Routes {
  readonly workspace: Workspace;
  readonly api: SlackApi;
  readonly actor: Actor;
  readonly streams: Streams;
  readonly place: { readonly baseUrl: string };
  readonly pageDir: string;
  readonly commands: readonly CommandHelp[];
}

/** Answers a request for something under /console. */
export async function answer(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    const refusal = refuseStrangers(request);
    if (refusal === undefined) await route(routes, request, response, url);
    else answerText(response, refusal.status, refusal.reason);
  } catch (error) {
    // A client that went away needs no answer; anything else is a fault in here, and says so.
    if (response.headersSent || request.destroyed) response.destroy();
    else
      answerText(
        response,
        500,
        `The console failed: ${error instanceof Error ? error.message : String(error)}`,
      );
  }
}

async function route(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const [, , area = '', kind = '', ...rest] = url.pathname.split('/');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (area === 'slack') {
    await routeSlack(routes, request, response, kind, rest[0] ?? '');
  } else if (area === 'api') {
    const refusal = refuseOtherSites(request);
    if (refusal !== undefined) answerJson(response, refusal.status, { ok: false, error: refusal.reason });
    else await routePage(routes, request, response, kind, url.searchParams);
  } else if (area === '' && isRead) {
    await servePage(response, routes.pageDir);
  } else if (area === 'assets' && isRead) {
    await serveAsset(response, routes.pageDir, kind);
  } else {
    answerText(response, 404, 'There is nothing here. The console is at /console.');
  }
}

/** What Slack itself would serve. */
async function routeSlack(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  kind: string,
  name: string,
): Promise<void> {
  const { workspace, place } = routes;
  if (kind === 'api') {
    await routes.api.handle(name, request, response);
  } else if (kind === 'files' && request.method === 'GET') {
    serveFile(workspace, response, name);
  } else if (request.method !== 'POST') {
    answerText(response, 405, 'This address takes POST alone.');
  } else if (kind === 'upload') {
    const body = await readBody(request, MAX_UPLOAD_BYTES);
    if (body === undefined) answerText(response, 413, 'The file is larger than 32 MiB.');
    else {
      const uploaded = await receiveUpload(workspace, name, request.headers['content-type'] ?? '', body);
      answerText(response, uploaded.status, uploaded.body);
    }
  } else if (kind === 'response') {
    const received = receiveResponse(workspace, name, await readJson(request), place.baseUrl);
    response.writeHead(received.status, {
      'content-type': received.status === 200 ? 'text/html' : 'application/json',
    });
    response.end(received.body);
  } else {
    answerText(response, 404, 'Slack has nothing at this address.');
  }
}

/** What the page asks for. */
async function routePage(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  kind: string,
  query: URLSearchParams,
): Promise<void> {
  const { workspace, place } = routes;
  if (kind === 'act' && request.method === 'POST') {
    const acted = await performAct(routes.actor, await readJson(request));
    answerJson(response, acted.status, acted.body);
  } else if (kind === 'state' && request.method === 'GET') {
    answerJson(response, 200, snapshot(workspace, routes.commands, place.baseUrl));
  } else if (kind === 'stream' && request.method === 'GET') {
    routes.streams.add(response, snapshot(workspace, routes.commands, place.baseUrl));
  } else if (kind === 'thread' && request.method === 'GET') {
    const messages = workspace.thread(query.get('channel') ?? '', query.get('ts') ?? '');
    answerJson(response, 200, {
      messages: messages.map((one) => pageMessage(workspace, one, place.baseUrl)),
    });
  } else {
    answerJson(response, 404, { ok: false, error: 'There is nothing here.' });
  }
}

/** A shared file: pictures as such, anything else as a download that no browser runs. */
function serveFile(workspace: Workspace, response: ServerResponse, id: string): void {
  const file = workspace.file(id);
  const bytes = workspace.fileBytes(id);
  if (file === undefined || bytes === undefined) {
    answerText(response, 404, 'There is no such file.');
    return;
  }
  const isImage = file.mimetype.startsWith('image/');
  response.writeHead(200, {
    ...SAFE_HEADERS,
    'content-type': isImage ? file.mimetype : 'application/octet-stream',
    'content-disposition': `${isImage ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'cache-control': 'private, max-age=31536000, immutable',
  });
  response.end(bytes);
}

/** A JSON body as a value; nothing when it is too large or not JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_JSON_BYTES);
  try {
    return body === undefined ? undefined : (JSON.parse(body.toString('utf8')) as unknown);
  } catch {
    return undefined;
  }
}
