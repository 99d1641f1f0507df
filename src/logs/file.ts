import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CheckFailure } from '../checks/check.ts';
import { platformFailure } from '../platform/failure.ts';
import { linesOf } from './lines.ts';

const BLOCK = 64 * 1024;
const MOST_BYTES = 8 * 1024 * 1024;
const NEWLINE = 10;

/** The last lines of a file, read from its end. Throws a CheckFailure with the mend. */
export async function fileLog(path: string, lines: number): Promise<string[]> {
  let file: FileHandle | undefined;
  try {
    // A pipe without a writer would hold up an ordinary open for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile())
      throw new CheckFailure(
        'logs.file is not a regular file',
        'name a log file in logs.file of lifeguard.yaml',
      );
    return linesOf((await tail(file, stat.size, lines)).toString('utf8')).slice(-lines);
  } catch (error) {
    throw platformFailure(
      'the log file cannot be read',
      error,
      'correct logs.file in lifeguard.yaml, or let Lifeguard read it',
    );
  } finally {
    await file?.close();
  }
}

async function tail(file: FileHandle, size: number, lines: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let breaks = 0;
  for (let end = size; end > 0 && breaks <= lines && size - end < MOST_BYTES; ) {
    const start = Math.max(0, end - BLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    // The file was cut off meanwhile: what lay here is gone.
    if (bytesRead === 0) break;
    const block = buffer.subarray(0, bytesRead);
    for (const byte of block) if (byte === NEWLINE) breaks += 1;
    blocks.unshift(block);
    end = start;
  }
  return Buffer.concat(blocks);
}
