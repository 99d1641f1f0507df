import type { Server, ServerOptions } from 'node:http';

/**
 * How large and how slow a request may be before its handler sees it. Its line and headers: 16 KiB together, all of
 * them within 10 s; all of it within a minute, however it trickles.
 */
export const REQUEST_LIMITS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
};

/**
 * Closes connections whose request took too long without a word, and answers what is no HTTP as Node does. Node
 * would answer 408, which Alertmanager takes for final; after a connection that broke it tries again.
 */
export function dropSlow(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || !socket.writable) {
      socket.destroy();
      return;
    }
    const isHeadTooLong = error.code === 'HPE_HEADER_OVERFLOW';
    socket.end(
      `HTTP/1.1 ${isHeadTooLong ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\nConnection: close\r\n\r\n`,
    );
  });
}
