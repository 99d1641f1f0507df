import { residentMb } from './cpu.ts';
import type { Bench } from './setup.ts';

const INCIDENTS = 1_000;
const AT_A_TIME = 8;
const SETTLE_MS = 15_000;

/** Opens incidents up to a thousand and reads the process's resident memory, in MB, once it has come to rest. */
export async function measureMemory(bench: Bench): Promise<number> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (next < INCIDENTS) {
        next += 1;
        await bench.alert({ bench: `memory-${next}` }, new Date());
        await bench.refill();
      }
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return residentMb(bench.pid);
}
