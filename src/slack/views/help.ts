import { section, type View } from './blocks.ts';
import { code } from './mrkdwn.ts';

/** The `/pool` commands, with what each does. */
export const COMMANDS: Readonly<Record<string, { readonly usage: string; readonly does: string }>> = {
  status: { usage: 'status [pool]', does: 'how full the pools are, and the open incident' },
  diagnose: { usage: 'diagnose [pool]', does: 'runs all checks and says what is most likely wrong' },
  queries: {
    usage: 'queries [pool]',
    does: 'the sessions that hold connections longest, each with Terminate',
  },
  kill: { usage: 'kill <pid> [pool]', does: 'asks to end one backend; nothing happens before an approval' },
  remedies: {
    usage: 'remedies [pool]',
    does: 'what can be done for the pool now, what is under way, and who may approve',
  },
  timeout: {
    usage: 'timeout <statement|idle_in_transaction|idle_session> [30s] [pool]',
    does: 'asks to set a timeout for the application’s role',
  },
  undo: {
    usage: 'undo [pool]',
    does: 'what remedies have changed and can be set back; `undo <incident>/<request>` does it',
  },
  incidents: {
    usage: 'incidents',
    does: 'open incidents, the last resolved, and what could not be delivered',
  },
  escalate: {
    usage: 'escalate [level] [pool] [reason]',
    does: 'calls the next level of the open incident now, or the level named',
  },
  oncall: { usage: 'oncall [pool]', does: 'who is called when, and who is on call now' },
  help: { usage: 'help', does: 'this list' },
};

/** The list of commands; with the nearest one first when what was typed is none of them. */
export function helpView(typed?: string): View {
  const lines = Object.values(COMMANDS).map(({ usage, does }) => `${code(`/pool ${usage}`)}  ${does}`);
  if (typed === undefined || typed === '' || typed === 'help') {
    return { text: 'The /pool commands', blocks: [section(lines.join('\n'))] };
  }
  const near = nearest(typed, Object.keys(COMMANDS));
  const hint = near === undefined ? '' : ` Did you mean ${code(`/pool ${COMMANDS[near]?.usage ?? near}`)}?`;
  const first = `There is no ${code(`/pool ${typed.slice(0, 40)}`)}.${hint}`;
  return { text: 'The /pool commands', blocks: [section(first), section(lines.join('\n'))] };
}

/** The command that differs by the fewest letters, if any is near enough to be meant. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, away: distance(typed.toLowerCase().slice(0, 40), name) }))
    .sort((a, b) => a.away - b.away);
  const best = ranked[0];
  return best !== undefined && best.away <= Math.max(2, Math.floor(best.name.length / 2))
    ? best.name
    : undefined;
}

/** Levenshtein's distance, by rows. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
