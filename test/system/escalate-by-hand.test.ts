import { expect, test } from 'vitest';
import { eventually, notification, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, MINUTE, now, openThread, paged, pagesOf, told } from './story.ts';

/** The confirm dialog of the button with these words. */
function confirmOf(words: string, blocks: string): string {
  const button = JSON.parse(blocks)
    .flatMap((block: { elements?: unknown[] }) => block.elements ?? [])
    .find((one: { text?: { text?: string } }) => one.text?.text === words);
  return JSON.stringify(button?.confirm ?? null);
}

test('Escalate pages the next level before its time, and that level not again when it falls due', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await paged(lifeguard, 1);
  expect(confirmOf('Escalate', JSON.stringify(parent.blocks))).toContain('paged now');
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Escalate');
  expect((await paged(lifeguard, 2)).at(-1)).toBe('lifeguard-inc-1-L2');
  await lifeguard.message('backend-team', (one) => one.text.includes('escalated'), 'who escalated');
  await lifeguard.message('database-team', () => true, 'the announcement');

  await lifeguard.fastForward(6 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(2);
});

test('/pool escalate pages the next level or the one named, and says so to the one who typed', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await openThread(lifeguard);
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'escalate');
  await told(lifeguard, PEOPLE.alice, 'Escalated to level 2, Database administrator');
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'escalate 4 orders');
  await told(lifeguard, PEOPLE.alice, 'Escalated to level 4, CTO');
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'escalate 2');
  await told(lifeguard, PEOPLE.alice, 'Level 2 has been reached already');
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'escalate 9');
  await told(lifeguard, PEOPLE.alice, 'There is no level 9');
  await lifeguard.slack.actor.command(PEOPLE.alice, 'backend-team', '/pool', 'escalate');
  await told(lifeguard, PEOPLE.alice, 'no further level');
  expect((await paged(lifeguard, 3)).sort()).toEqual([
    'lifeguard-inc-1-L1',
    'lifeguard-inc-1-L2',
    'lifeguard-inc-1-L4',
  ]);
});

test('nobody without the right escalates: told why, and on the timeline', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await lifeguard.slack.actor.press(PEOPLE.mallory, parent, 'Escalate');
  await told(lifeguard, PEOPLE.mallory, 'only responders may do this');
  const [refusal] = await happened(lifeguard, 'ActRefused');
  expect(refusal).toMatchObject({ act: 'Escalate', by: { id: PEOPLE.mallory } });
  expect(await happened(lifeguard, 'LevelReached')).toHaveLength(1);
});

test('Data corruption asks first, then pages level 4 at once', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await paged(lifeguard, 1);
  expect(confirmOf('Data corruption', JSON.stringify(parent.blocks))).toContain('Is data damaged?');
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Data corruption');
  expect((await paged(lifeguard, 2)).at(-1)).toBe('lifeguard-inc-1-L4');
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('Data corruption suspected') ? true : undefined),
    'the parent message says so',
  );
  await lifeguard.slack.actor.press(PEOPLE.bob, now(lifeguard, parent), 'Data corruption');
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(2);
});

test('a firing that comes back within the half hour begins again at level 1, under the same keys', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const startsAt = new Date();
  await openThread(lifeguard, { startsAt });
  await paged(lifeguard, 1);
  await lifeguard.alert(notification({ startsAt, status: 'resolved' }));
  await paged(lifeguard, 1, 'resolve');
  await lifeguard.fastForward(10 * MINUTE);
  await lifeguard.alert(notification({ startsAt: new Date(Date.now() + 10 * MINUTE) }));
  expect(await paged(lifeguard, 2)).toEqual(['lifeguard-inc-1-L1', 'lifeguard-inc-1-L1']);
  expect(lifeguard.pagerduty.pages.at(-1)?.effect).toBe('opened');
});
