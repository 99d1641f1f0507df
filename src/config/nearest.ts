/**
 * The known name that a misspelt one most likely stands for, or `undefined` when none is near.
 *
 * `databaseUrl`, `database-url` and `DATABASE_URL` are all taken for `database_url`; otherwise one slip
 * is allowed in every three letters, and at least one.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = bare(name);
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of known) {
    const slips = editDistance(plain, bare(candidate), fewest);
    if (slips < fewest) {
      best = candidate;
      fewest = slips;
    }
  }
  return best;
}

/**
 * The end of a message on a wrong name: the nearest known one, or all of them where none is near.
 * Begins with the punctuation that joins it to what stands before.
 */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== undefined) return `; did you mean \`${near}\`?`;
  return `; known are ${known.map((one) => `\`${one}\``).join(', ')}`;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/**
 * The number of letters to insert, delete, replace or swap with their neighbour (optimal string
 * alignment). Answers `limit` as soon as it cannot be less.
 */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? limit) + 1,
        (next[column - 1] ?? limit) + 1,
        (last[column - 1] ?? limit) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped && row > 1 && column > 1) cost = Math.min(cost, (beforeLast[column - 2] ?? limit) + 1);
      next.push(cost);
    }
    if (Math.min(...next) >= limit) return limit;
    beforeLast = last;
    last = next;
  }
  return Math.min(limit, last[to.length] ?? limit);
}
