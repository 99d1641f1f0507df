/** More are not kept: incidents are numbered about in the order in which they open. */
const MOST_SPARE = 8;

/**
 * Ids for incidents that may be opened, one for each command that might.
 *
 * Most notifications repeat what is known and open nothing; their id goes to the next. And after one
 * was used the next is fetched ahead, so that a new alert does not wait for the store twice.
 */
export class SpareIds {
  readonly #next: () => Promise<string>;
  readonly #spare: string[] = [];

  /** @param next gives an id that nobody was given before */
  constructor(next: () => Promise<string>) {
    this.#next = next;
  }

  /** As many ids as are needed, each given to nobody else until it is given back. */
  async take(count: number): Promise<string[]> {
    const spare = this.#spare.splice(0, count);
    const fresh = await Promise.all(Array.from({ length: count - spare.length }, () => this.#next()));
    return [...spare, ...fresh];
  }

  /** Gives back ids of which it is certain that no incident was opened by them. */
  giveBack(ids: readonly string[]): void {
    this.#spare.push(...ids.slice(0, MOST_SPARE - this.#spare.length));
    if (this.#spare.length === 0) void this.#fetchAhead();
  }

  async #fetchAhead(): Promise<void> {
    // A store that fails now is met again, and reported, by the next notification.
    const id = await this.#next().catch(() => undefined);
    if (id !== undefined) this.#spare.push(id);
  }
}
