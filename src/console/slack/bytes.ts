import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of uploaded files, in a folder, or in memory where there is none. */
export class Bytes {
  readonly #folder: string | undefined;
  readonly #held = new Map<string, Buffer>();

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** @param id of a file this workspace made up: letters and digits, so safe as a file's name */
  save(id: string, bytes: Buffer): void {
    if (this.#folder === undefined) {
      this.#held.set(id, bytes);
      return;
    }
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, id), bytes);
  }

  /** Nothing for a file whose bytes never came. */
  read(id: string): Buffer | undefined {
    if (this.#folder === undefined) return this.#held.get(id);
    try {
      return readFileSync(join(this.#folder, id));
    } catch {
      return undefined;
    }
  }
}
