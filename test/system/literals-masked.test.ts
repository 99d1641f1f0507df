import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withStep } from '../runbook/sample.ts';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { sickPool } from './sick-pool.ts';
import { happened, lifeguardWith, openThread, saying } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const SECRET = 'hunter2-of-ann';

/** A runbook whose one step lists sessions with their statements, hundreds of rows, and a statement that fails. */
const STEP = [
  '```checks',
  '- connections',
  '- leaks: { in_transaction_over: 1ms }',
  '```',
  '```sql title="Statements"',
  'select a.query, n from pg_stat_activity a cross join generate_series(1, 20) n where a.query <> $$$$',
  '```',
  '```sql title="Broken"',
  `select '${SECRET}'::integer`,
  '```',
  '```sql title="Slow" timeout=100ms',
  'select count(*) from generate_series(1, 1000000000)',
  '```',
].join('\n');

test('what was cut is in a file, a failing statement stops nothing, and no literal leaves the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-runbook-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'own.md'), withStep(STEP));
  const pool = await sickPool();
  const logs: string[] = [];
  const lifeguard = await lifeguardWith({
    patientUrl: pool.botUrl,
    poolYaml: [`runbook: ${join(folder, 'own.md')}`],
    logs,
  });
  await pool.leak(`update stock set reserved = 2 where '${SECRET}' <> ''`);
  await pool.fill();
  await openThread(lifeguard);

  const step = await eventually(
    () => saying(lifeguard, 'backend-team', 'Step 1:', 'all of them are in the file')[0],
    'the step with its file',
    20_000,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${saying(lifeguard, 'backend-team', 'Step 1:').map(wordsOf)}`);
  });
  const words = wordsOf(step);
  expect(words).toMatch(/and \d+ more/);
  expect(words).toContain('update stock set reserved = ? where ?');
  expect(words).toContain('Broken could not be run: invalid input syntax');
  expect(words).toContain('Slow: the server ended it at its statement_timeout');

  const shared = (await happened(lifeguard, 'FileShared')).find((event) => event.file === 'rest-1');
  const text = lifeguard.slack.workspace.fileBytes(shared?.fileId ?? '')?.toString() ?? '';
  expect(text.split('\n').length).toBeGreaterThan(100);

  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'queries');
  await lifeguard.settled();
  const posted = JSON.stringify([
    lifeguard.slack.api.calls.map((call) => call.args),
    lifeguard.slack.workspace.ephemerals(PEOPLE.alice),
  ]);
  expect(posted).toContain('update stock set reserved = ?');
  for (const out of [posted, text, logs.join('')]) expect(out).not.toContain(SECRET);
});
