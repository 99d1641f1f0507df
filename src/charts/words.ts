const MINUTE_MS = 60_000;

/** A clock time as everyone in the world reads it alike: `14:05` UTC. */
export function clock(at: Date): string {
  return at.toISOString().slice(11, 16);
}

/** Per cent without needless digits: `93 %`, `0.4 %`. */
export function percent(value: number): string {
  return `${figure(value)} %`;
}

/** From here on a figure is shortened, and from there on it is no rate of anything. */
const LONG = 100_000;
const ABSURD = 1e15;

/** A figure to the places that matter: `0.42`, `9.5`, `93`, `12,400`, `1.2M`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= ABSURD) return value.toExponential(1);
  if (size >= LONG) return value.toLocaleString('en-GB', { notation: 'compact', maximumFractionDigits: 1 });
  const digits = size >= 10 || Number.isInteger(value) ? 0 : size >= 1 ? 1 : 2;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}

/** The words for “over the last …”: `3 minutes`, `hour`, `2 hours 5 minutes`. */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [
    ...(hours > 0 ? [count(hours, 'hour')] : []),
    ...(rest > 0 || hours === 0 ? [count(rest, 'minute')] : []),
  ];
  return parts.length === 1 ? (parts[0] ?? '').replace(/^1 /, '') : parts.join(' ');
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

/** At most so many characters, with an ellipsis where some were left out. */
export function shortened(text: string, most: number): string {
  const letters = [...text.replace(/\s+/g, ' ').trim()];
  return letters.length > most
    ? `${letters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
    : letters.join('');
}
