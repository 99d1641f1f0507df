import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { SHIPPED_RUNBOOK } from '../../src/runbook/index.ts';
import { withStep } from './sample.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'runbook-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly err: string;
}

function lifeguard(...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...args], { cwd: folder }, (error, out, err) => {
      done({ code: error === null ? 0 : error.code, out, err });
    });
  });
}

test('lint prints what each step would run and ends with 0', async () => {
  const { code, out, err } = await lifeguard('runbook', 'lint', SHIPPED_RUNBOOK);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Step 1: How full the pool is\n  utilisation: warn 75, history 1h\n');
});

test('lint says that a shell block is never run, and lets nothing steer the terminal', async () => {
  writeFileSync(
    join(folder, 'shell.md'),
    withStep('```bash\ntouch ran\n```').replace('Look', 'Lo\u001b[31mok'),
  );
  const { code, out } = await lifeguard('runbook', 'lint', 'shell.md');
  expect(code).toBe(0);
  expect(out).toContain('Step 1: Lo[31mok\n  nothing: left to people\n');
  expect(out).toContain(
    'shell.md:14: the `bash` block is shown to people; it is never run (a note, no fault)\n',
  );
});

test('lint prints every fault as file:line: message and ends with 1', async () => {
  writeFileSync(join(folder, 'faulty.md'), withStep('```sql\ndrop table t\n```\n\n```checks\n- lock\n```'));
  const { code, out, err } = await lifeguard('runbook', 'lint', 'faulty.md');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err.split('\n')).toEqual([
    expect.stringMatching(/^faulty\.md:15: sql: must begin with select/),
    'faulty.md:19: checks: there is no check `lock`; did you mean `locks`?',
    '',
  ]);
});

test.each([
  [['runbook', 'lint', 'absent.md'], 'the runbook absent.md does not exist\n'],
  [['runbook', 'lint'], 'usage: lifeguard runbook lint FILE\n'],
  [['runbook', 'print', 'a.md'], 'usage: lifeguard runbook lint FILE\n'],
])('%j ends with 2', async (args, said) => {
  expect(await lifeguard(...args)).toEqual({ code: 2, out: '', err: said });
});
