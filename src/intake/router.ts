import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { sendJson } from './http.ts';

/** Answers one path, whatever the method; it checks the method itself. */
export type Route = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

export interface RouterOptions {
  /** Routes by their exact path. */
  readonly routes: Readonly<Record<string, Route>>;
  /** Asked first for a whole subtree; answers true when it has answered. */
  readonly subtree?: (req: IncomingMessage, res: ServerResponse) => boolean | Promise<boolean>;
  readonly onError: (error: unknown, path: string) => void;
}

/** One port for everything: finds who answers a request, and answers 404 and 500 itself. */
export function createRouter(options: RouterOptions): RequestListener {
  return (req, res) => {
    const path = pathOf(req);
    answer(req, res, path).catch((error: unknown) => {
      options.onError(error, path);
      if (!res.headersSent) sendJson(res, 500, { error: 'this request could not be handled' });
      else res.destroy();
    });
  };

  async function answer(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    if (options.subtree !== undefined && (await options.subtree(req, res))) return;
    const route = Object.hasOwn(options.routes, path) ? options.routes[path] : undefined;
    if (route === undefined) {
      sendJson(res, 404, { error: 'there is nothing here' });
      return;
    }
    await route(req, res);
  }
}

function pathOf(req: IncomingMessage): string {
  const raw = (req.url ?? '/').split('?', 1)[0] ?? '/';
  return raw.length > 1 && raw.endsWith('/') ? raw.slice(0, -1) : raw;
}
