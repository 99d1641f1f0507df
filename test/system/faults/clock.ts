import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Debian's place of the library that lies to a process about the time of day. */
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** Whether the clock of a process can be moved here. */
export const canMoveClocks = existsSync(LIBRARY);

/** The time of day as one process sees it. */
export interface Clock {
  /** For the environment of that process. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on it is so many seconds ahead of the true time; behind, when negative. */
  set(seconds: number): Promise<void>;
}

/** A clock that shows the true time until it is moved. How long something takes is measured right all the while. */
export async function movableClock(folder: string): Promise<Clock> {
  const file = join(folder, 'clock');
  const set = async (seconds: number): Promise<void> => {
    const offset = `${seconds < 0 ? '' : '+'}${seconds}\n`;
    await writeFile(`${file}.new`, offset);
    // In one move: the process never reads half of it.
    await rename(`${file}.new`, file);
  };
  await set(0);
  return {
    env: canMoveClocks
      ? {
          LD_PRELOAD: LIBRARY,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        }
      : {},
    set,
  };
}
