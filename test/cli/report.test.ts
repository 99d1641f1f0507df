import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { firing, notification, POLICY } from '../incident/given.ts';
import { configText } from '../support/lifeguard.ts';
import { testDatabase } from '../support/postgres.ts';
import { runCli } from '../support/process.ts';

test('report prints the postmortem as Markdown or JSON, and says what it does not know', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-report-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'lifeguard.yaml'), configText({}));
  const database = await testDatabase({ store: true });
  onTestFinished(() => database.drop());
  const store = new Store({ url: database.url, connections: 1 });
  await store.commit([
    {
      to: { key: 'pool:orders', reopenWithinMs: 1 },
      command: notification(firing()),
      policy: () => POLICY,
    },
  ]);
  await store.close();
  const run = (...args: string[]) =>
    runCli(['report', ...args], { cwd: folder, env: { DATABASE_URL: database.url } });

  const [markdown, json, unknown, odd, none] = await Promise.all([
    run('inc-1'),
    run('inc-1', '--format', 'json'),
    run('inc-2'),
    run('inc-1', '--format', 'pdf'),
    run(),
  ]);
  expect(markdown).toMatchObject({ code: 0 });
  expect(markdown.stdout).toMatch(/^# Incident inc-1: Poolf1\n/);
  expect(JSON.parse(json.stdout)).toMatchObject({ incident: 'inc-1', status: 'open' });
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toContain('there is no incident "inc-2"');
  expect(odd).toMatchObject({ code: 2 });
  expect(odd.stderr).toContain('--format takes md or json, not "pdf"');
  expect(none).toMatchObject({ code: 2 });
  expect(none.stderr).toContain('report takes the id of one incident');
});
