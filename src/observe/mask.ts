/** What stands in the place of a secret. */
export const MASK = '***';

/** Shorter values are not searched for: they would blank out ordinary words and protect nothing. */
export const SHORTEST_SECRET = 4;

/** Replaces the secrets in a text. Takes time linear in the length of the text. */
export type Masker = (text: string) => string;

/**
 * Makes a masker for the given secrets and for whatever looks like one:
 * Slack tokens, `Bearer` and `Basic` credentials, `password=…` and the password of a URL.
 *
 * A secret is found as it is, percent-encoded, and escaped as inside of JSON. Of a secret that is a
 * URL (a connection string) the password alone is a secret too.
 *
 * @param secrets values that must never be shown; those shorter than `SHORTEST_SECRET` are not searched for
 */
export function createMasker(secrets: readonly string[]): Masker {
  const forms = new Set(secrets.flatMap(partsOf).flatMap(formsOf));
  // Longest first: where one secret begins with another, all of it goes.
  const found = [...forms]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const known = found.length === 0 ? undefined : new RegExp(found.map(literally).join('|'), 'g');
  return (text) => maskShapes(known === undefined ? text : text.replace(known, MASK));
}

/** Slack's tokens: `xoxb-…`, `xoxp-…`, `xoxe.xoxp-…`, `xapp-…` (docs.slack.dev, token types). */
const SLACK_TOKEN = /\bx(?:ox[a-z](?:\.xox[a-z])?|app)-[\w-]+/g;

/** `Authorization` as RFC 6750 and RFC 7617 write it; `basic` in small letters is an English word. */
const BEARER = /\b(bearer)[ \t]{1,8}[\w.~+/=-]+/gi;
const BASIC = /\b(Basic)[ \t]{1,8}[A-Za-z0-9+/=]{6,}/g;

/** `password=…` of a connection string in keywords, `"token":"…"` of JSON inside of a text; not `token: must be set`. */
const NAMED =
  /\b(pass(?:word|wd)?|pwd|secret|token|routing_key|api_key)(["']?[ \t]{0,8}(?:=[ \t]{0,8}|:[ \t]{0,8}(?=["'])))("[^"]*"|'[^']*'|[^\s,;&"']+)/gi;

/** What may be a URL with credentials: a run of characters that no URL is written without a break after. */
const RUN = /[^\s"'<>`]+/g;

/**
 * Masks what looks like a secret, whoever it belongs to. Every expression starts at a fixed word or
 * at a run of its own and never looks at a character more than a bounded number of times, so that a
 * hostile text takes no longer than any other of its length.
 */
export function maskShapes(text: string): string {
  let masked = text;
  if (masked.includes('://')) masked = masked.replace(RUN, maskUrl);
  return masked
    .replace(SLACK_TOKEN, MASK)
    .replace(BEARER, `$1 ${MASK}`)
    .replace(BASIC, `$1 ${MASK}`)
    .replace(NAMED, `$1$2${MASK}`);
}

/** A port, which stands where the password would. */
const PORT = /^\d{1,5}(?:[/?#,]|$)/;

/** Blanks from the first password to the last `@`: a password may hold any character, `@` and `/` too. */
function maskUrl(run: string): string {
  const end = run.lastIndexOf('@');
  for (let scheme = run.indexOf('://'); scheme >= 0; scheme = run.indexOf('://', scheme + 1)) {
    const colon = run.indexOf(':', scheme + '://'.length);
    if (colon < 0 || colon > end) return run;
    if (!PORT.test(run.slice(colon + 1, colon + 8)))
      return `${run.slice(0, colon + 1)}${MASK}${run.slice(end)}`;
  }
  return run;
}

/** A secret and, when it is a URL, the password in it. */
function partsOf(secret: string): string[] {
  if (!secret.includes('://') || !URL.canParse(secret)) return [secret];
  const { password } = new URL(secret);
  return [secret, password, percentDecoded(password)];
}

function formsOf(secret: string): string[] {
  return [secret, percentEncoded(secret), JSON.stringify(secret).slice(1, -1)];
}

/** As it is when it cannot be encoded: half a surrogate pair is no character. */
function percentEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text;
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
