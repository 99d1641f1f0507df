import type { Entry } from './journal.ts';

/** Things of one kind by their key, in the order they came, each change written down before it counts. */
export class Collection<T> {
  readonly name: string;
  readonly #items = new Map<string, T>();
  readonly #write: (entry: Entry) => void;

  /**
   * @param name the collection's name in the journal
   * @param write takes each change; returns once it is kept
   */
  constructor(name: string, write: (entry: Entry) => void) {
    this.name = name;
    this.#write = write;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  /** Oldest first. */
  values(): T[] {
    return [...this.#items.values()];
  }

  get size(): number {
    return this.#items.size;
  }

  put(key: string, item: T): void {
    this.#write([this.name, key, item]);
    this.#items.set(key, item);
  }

  /** Takes an item away and gives it back; nothing when there was none. */
  remove(key: string): T | undefined {
    const item = this.#items.get(key);
    if (item === undefined) return undefined;
    this.#write([this.name, key]);
    this.#items.delete(key);
    return item;
  }

  /** Puts back what the journal says, without writing it again. */
  restore(key: string, item: T): void {
    this.#items.set(key, item);
  }
}
