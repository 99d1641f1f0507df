/** How many bytes of bodies may be in memory at once: thousands of usual notifications, or thirty-two of the largest. */
export const MOST_BYTES_AT_ONCE = 32 * 1024 * 1024;

/** Memory for the bodies of requests, given out while there is some. */
export class Room {
  #left: number;

  constructor(bytes: number = MOST_BYTES_AT_ONCE) {
    this.#left = bytes;
  }

  /** Takes up room until `leave` is called, once; `undefined` when there is not enough. */
  enter(bytes: number): (() => void) | undefined {
    if (bytes > this.#left) return undefined;
    this.#left -= bytes;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#left += bytes;
    };
  }
}
