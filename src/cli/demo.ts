import { runDemo } from '../app/demo.ts';

/** `lifeguard demo`. */
export async function demo(options: { auto: boolean; fast: boolean; port: number }): Promise<number> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    return await runDemo({
      ...options,
      cwd: process.cwd(),
      print: (line) => console.log(line),
      signal: ending.signal,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      console.error(`port ${options.port} is taken; choose another: npm run demo -- --port 3001`);
      return 2;
    }
    // Two demos in one folder, no binaries for this platform, a folder that cannot be written: the
    // message names the mend, and a stack would hide it.
    if (error instanceof Error && error.message.startsWith('embedded PostgreSQL:')) {
      console.error(error.message);
      return 2;
    }
    throw error;
  }
}
