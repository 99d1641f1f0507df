import { expect, test, vi } from 'vitest';
import { eventually, type Harness, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { sickPool } from './sick-pool.ts';
import {
  happened,
  lifeguardOfQuietPool,
  lifeguardWith,
  MINUTE,
  now,
  openThread,
  paged,
  pagesOf,
} from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

async function modalOf(lifeguard: Harness, person: string) {
  return eventually(() => [...lifeguard.slack.workspace.views(person)].at(-1), 'the modal');
}

test('a root cause in a person’s own words keeps level 3 from being paged', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Root cause…');
  const modal = await modalOf(lifeguard, PEOPLE.alice);

  const empty = await lifeguard.slack.actor.submitView(PEOPLE.alice, modal.id, { cause: 'other' });
  expect(JSON.stringify(empty)).toContain('Say what it was');
  await lifeguard.slack.actor.submitView(PEOPLE.alice, modal.id, {
    cause: 'other',
    words: 'the nightly import',
  });
  expect(await happened(lifeguard, 'RootCauseNamed')).toMatchObject([
    { title: 'the nightly import', confirmed: false, by: { id: PEOPLE.alice } },
  ]);
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('*Root cause:* the nightly import') ? true : undefined),
    'the parent says it',
  );

  await paged(lifeguard, 1);
  await lifeguard.fastForward(31 * MINUTE);
  // Level 4 waits for nothing but the resolution: once it is paged, level 3 has had its chance.
  await eventually(
    () => (pagesOf(lifeguard, 'trigger').includes('lifeguard-inc-1-L4') ? true : undefined),
    'level 4',
  );
  expect(pagesOf(lifeguard, 'trigger')).not.toContain('lifeguard-inc-1-L3');
});

test('the modal offers the verdict first, and sending it as it is confirms it', async () => {
  const pool = await sickPool();
  const lifeguard = await lifeguardWith({ patientUrl: pool.botUrl });
  await pool.leak();
  await pool.fill();
  const parent = await openThread(lifeguard);
  await happened(lifeguard, 'VerdictReached');
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Root cause…');
  const modal = await modalOf(lifeguard, PEOPLE.alice);
  await lifeguard.slack.actor.submitView(PEOPLE.alice, modal.id);
  expect(await happened(lifeguard, 'RootCauseNamed')).toMatchObject([
    { title: 'Sessions wait for a lock', cause: 'lock_contention', confirmed: true },
  ]);
});

test('who may not respond names no root cause, and is told so', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await lifeguard.slack.actor.press(PEOPLE.mallory, parent, 'Root cause…');
  const modal = await modalOf(lifeguard, PEOPLE.mallory);
  await lifeguard.slack.actor.submitView(PEOPLE.mallory, modal.id, { cause: 'other', words: 'aliens' });
  expect(await happened(lifeguard, 'ActRefused')).toMatchObject([{ by: { id: PEOPLE.mallory } }]);
  const state = await lifeguard.app.store.incident('inc-1');
  expect(state?.rootCause).toBeUndefined();
});
