import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { eventually, isParent, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { sickPool } from './sick-pool.ts';
import { happened, lifeguardWith, now, openThread, saying } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** Every ordinary connection is taken, and a Prometheus that never answers keeps one step waiting. */
test('the verdict stands in the thread with every connection taken, before the last check has answered', async () => {
  const pool = await sickPool();
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    mute.closeAllConnections();
    mute.close();
  });
  const { port } = mute.address() as AddressInfo;
  const lifeguard = await lifeguardWith({
    patientUrl: pool.botUrl,
    poolYaml: [
      `prometheus: { url: "http://127.0.0.1:${port}", active: a, idle: i, max: m, request_rate: r, timeout: 20s }`,
    ],
  });
  const pid = await pool.leak();
  await pool.fill();
  const parent = await openThread(lifeguard);

  const reached = await eventually(
    async () =>
      (await happened(lifeguard, 'VerdictReached')).find(({ verdict }) => verdict.causes.length > 0),
    'a verdict that names a cause',
  );
  expect(reached).toMatchObject({ complete: false, verdict: { causes: [{ cause: 'lock_contention' }] } });
  const verdict = await lifeguard.message(
    'backend-team',
    (one) => !isParent(one) && one.text.startsWith('Most likely: Sessions wait for a lock'),
    'the verdict',
  );
  expect(wordsOf(verdict)).toContain('waiting for a lock');
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('*Most likely:* Sessions wait') ? true : undefined),
    'the parent says it too',
  );

  const admin = await pool.admin();
  const { rows } = await admin.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where usename = 'bot'",
  );
  expect(rows).toEqual([{ count: 1 }]);

  await lifeguard.slack.actor.press(PEOPLE.alice, now(lifeguard, parent), `terminate.${pid}.suggested`);
  await eventually(
    () => saying(lifeguard, 'backend-team', `Terminate backend ${pid}`, '"Approve"')[0],
    'the remedy that the verdict suggests waits for approval',
  );
});
