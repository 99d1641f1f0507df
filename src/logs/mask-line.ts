import { maskLiterals } from '../observe/errors.ts';
import { maskShapes } from '../observe/mask.ts';
import { shortenQuery } from '../pool/querytext.ts';

const MAX = 300;
/** Longer lines are cut before they are looked at. */
const LONGEST = 4_000;
const STATEMENT = /\b(?:select|insert\s+into|update|delete\s+from|with|copy|call|merge)\s/i;
const MAIL = /[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal are what is looked for
const COLOURS = /\u001b\[[0-9;]*m/g;

/** A line of an application's log, fit to be shown: secrets, mail addresses and SQL literals masked. */
export function maskLogLine(line: string): string {
  const clean = maskShapes(line.slice(0, LONGEST).replace(COLOURS, '')).replace(MAIL, '***');
  const at = clean.search(STATEMENT);
  const shown =
    at === -1
      ? maskLiterals(clean)
      : `${maskLiterals(clean.slice(0, at))}${shortenQuery(clean.slice(at), MAX)}`;
  return shown.replace(/\s+/g, ' ').trim().slice(0, MAX);
}
