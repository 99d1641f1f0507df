import type { Act, ActResult, PageChange, PageMessage, Snapshot } from '../protocol.ts';
import type { Step } from './store.ts';

/**
 * Keeps a connection to the server: the whole state first, then every change. The browser connects again by itself
 * and then gets the whole state again.
 * @returns closes it
 */
export function listen(dispatch: (step: Step) => void): () => void {
  const source = new EventSource('/console/api/stream');
  source.addEventListener('state', (event: MessageEvent<string>) => {
    dispatch({ kind: 'state', snapshot: JSON.parse(event.data) as Snapshot });
  });
  source.addEventListener('change', (event: MessageEvent<string>) => {
    dispatch({ kind: 'change', change: JSON.parse(event.data) as PageChange });
  });
  source.addEventListener('error', () => dispatch({ kind: 'lost' }));
  return () => source.close();
}

/** A thread's parent and replies. @throws Error when the server cannot be reached */
export async function fetchThread(channel: string, ts: string): Promise<readonly PageMessage[]> {
  const query = new URLSearchParams({ channel, ts });
  const response = await fetch(`/console/api/thread?${query.toString()}`);
  const body = (await response.json()) as { messages: readonly PageMessage[] };
  return body.messages;
}

/** Does something as a person; never throws, a failure is part of the result. */
export async function act(what: Act): Promise<ActResult> {
  try {
    const response = await fetch('/console/api/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    });
    return (await response.json()) as ActResult;
  } catch {
    return { ok: false, error: 'The console cannot be reached. Is Lifeguard still running?' };
  }
}

const SENTENCES: { readonly [error: string]: string } = {
  operation_timeout: 'Lifeguard did not answer within 3 seconds (operation_timeout). Try again.',
  dispatch_failed: 'Lifeguard refused or failed (dispatch_failed). Its log says why.',
};

/** A failure in words for a person. */
export function sentence(error: string): string {
  if (error.startsWith('no element fits') || error.startsWith('no message')) {
    return 'That button is no longer there: the message has changed.';
  }
  return SENTENCES[error] ?? error;
}
