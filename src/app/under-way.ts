/** What has been taken in and is not done yet, so that a stop can wait for it. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();

  /** Counts `work` until it has ended, however it ends. */
  add(work: Promise<unknown>): void {
    const done = work
      .catch(() => undefined)
      .finally(() => {
        this.#works.delete(done);
      });
    this.#works.add(done);
  }

  /**
   * Waits until nothing is under way, what is added meanwhile included.
   *
   * @param ms milliseconds after which it waits no longer
   * @returns how many are still under way: 0 unless the time is up
   */
  async over(ms: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    let late = false;
    const timeUp = new Promise<void>((done) => {
      timer = setTimeout(() => {
        late = true;
        done();
      }, ms);
    });
    while (this.#works.size > 0 && !late) await Promise.race([Promise.all(this.#works), timeUp]);
    clearTimeout(timer);
    return this.#works.size;
  }
}
