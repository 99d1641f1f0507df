import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** One line of the journal: a thing was put under a key of a collection, or (without a value) removed. */
export type Entry = readonly [collection: string, key: string, value?: unknown];

/** Below this many bytes a start never rewrites the journal. */
const COMPACT_FROM_BYTES = 1024 * 1024;

/** Rewritten when less than this share of the lines still says something. */
const COMPACT_BELOW_LIVE_SHARE = 0.5;

/**
 * An append-only file of JSON lines. A line is written with one `write` before the call it belongs to is answered,
 * so a killed process loses nothing it has answered; the kernel holds the page (a power cut may take the last
 * seconds, which a stand-in for Slack can bear). A torn last line is dropped at the next start.
 */
export class Journal {
  readonly #path: string;
  #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Opens or creates the journal and gives back what it says, last word per key, in the order the keys first came.
   * @throws Error when a line other than the last is not JSON: the file was edited or damaged
   */
  static open(path: string): { journal: Journal; entries: Entry[] } {
    mkdirSync(dirname(path), { recursive: true });
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const { live, lines } = replay(path, text);
    const journal = new Journal(path, openSync(path, 'a'));
    const torn = text !== '' && !text.endsWith('\n');
    const wasteful = text.length >= COMPACT_FROM_BYTES && live.length < lines * COMPACT_BELOW_LIVE_SHARE;
    if (torn || wasteful) journal.#rewrite(live);
    return { journal, entries: live };
  }

  /** Writes one entry; returns once the kernel has it. */
  append(entry: Entry): void {
    writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
  }

  /** Lets go of the file. */
  close(): void {
    closeSync(this.#fd);
  }

  #rewrite(entries: readonly Entry[]): void {
    const next = `${this.#path}.next`;
    const fd = openSync(next, 'w');
    writeSync(fd, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    fsyncSync(fd);
    closeSync(fd);
    closeSync(this.#fd);
    renameSync(next, this.#path);
    this.#fd = openSync(this.#path, 'a');
  }
}

function replay(path: string, text: string): { live: Entry[]; lines: number } {
  const latest = new Map<string, Entry>();
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line === '') return;
    const entry = parse(line);
    if (entry === undefined) {
      if (index === lines.length - 1) return;
      throw new Error(
        `${path}: line ${index + 1} is not an entry of the console's journal; remove that line or the file`,
      );
    }
    const id = `${entry[0]} ${entry[1]}`;
    if (entry.length === 2) latest.delete(id);
    else latest.set(id, entry);
  });
  return { live: [...latest.values()], lines: lines.length };
}

function parse(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value)) return undefined;
    const [collection, key, content]: unknown[] = value;
    if (typeof collection !== 'string' || typeof key !== 'string') return undefined;
    return value.length > 2 ? [collection, key, content] : [collection, key];
  } catch {
    return undefined;
  }
}
