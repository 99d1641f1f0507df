import type { Workspace } from '../slack/workspace.ts';

/** A piece of a block, as far as its words go. */
interface Wordy {
  readonly text?: string | { readonly text?: string };
  readonly fields?: readonly { readonly text?: string }[];
}

/**
 * Prints each new message of the workspace as a plain line, so that the thread can be followed in the
 * terminal too. Redrawn messages are left out: the page shows them.
 *
 * @returns a function that ends it
 */
export function mirror(workspace: Workspace, print: (line: string) => void): () => void {
  const seen = new Set<string>();
  return workspace.subscribe((change) => {
    if (change.kind !== 'message') return;
    const { message } = change;
    const key = `${message.channel}/${message.ts}`;
    if (seen.has(key)) return;
    seen.add(key);
    const channel = workspace.channel(message.channel)?.name ?? message.channel;
    const indent = message.thread_ts === undefined ? '' : '  ';
    const file = workspace.file(message.files?.[0] ?? '');
    print(`${indent}#${channel}  ${file === undefined ? words(message) : `a picture: ${file.title}`}`);
  });
}

function words(message: { readonly text: string; readonly blocks?: readonly object[] }): string {
  const first = message.blocks?.[0] as Wordy | undefined;
  const text = typeof first?.text === 'object' ? first.text.text : undefined;
  return plain(text ?? message.text);
}

/** mrkdwn as it reads in a terminal. */
function plain(text: string): string {
  return text
    .replace(/<!date\^\d+\^[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<@(\w+)>/g, '@$1')
    .replace(/<[^|>]+\|([^>]*)>/g, '$1')
    .replace(/:[a-z_]+: ?/g, '')
    .replaceAll('*', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s*\n\s*/g, ' · ');
}
