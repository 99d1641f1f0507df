import { readFile } from 'node:fs/promises';

/** The kernel's clock of a process ticks 100 times a second. */
const TICKS_A_SECOND = 100;
const KB_OF_A_MB = 1_024;

/** Processor time that a process has had so far, its own and the kernel's for it, in milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND) * 1_000;
}

/** What a process takes of a core for so long, in per cent. */
export async function cpuShare(pid: number, ms: number): Promise<number> {
  const before = await cpuMs(pid);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (((await cpuMs(pid)) - before) / ms) * 100;
}

/** Resident memory of a process, in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / KB_OF_A_MB;
}
