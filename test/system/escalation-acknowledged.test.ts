import { expect, test } from 'vitest';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, MINUTE, now, openThread, paged, pagesOf } from './story.ts';

test('acknowledged: L2 is spared, L3 is paged all the same, and a resolve ends every page for good', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await paged(lifeguard, 1);
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
  expect(await paged(lifeguard, 1, 'acknowledge')).toEqual(['lifeguard-inc-1-L1']);

  await lifeguard.fastForward(6 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toEqual(['lifeguard-inc-1-L1']);

  // Having someone is not knowing why: the infrastructure lead is called in.
  await lifeguard.fastForward(10 * MINUTE);
  expect(await paged(lifeguard, 2)).toEqual(['lifeguard-inc-1-L1', 'lifeguard-inc-1-L3']);
  expect(lifeguard.messages('database-team')).toHaveLength(0);

  await lifeguard.slack.actor.press(PEOPLE.alice, now(lifeguard, parent), 'Resolve');
  expect((await paged(lifeguard, 2, 'resolve')).sort()).toEqual(['lifeguard-inc-1-L1', 'lifeguard-inc-1-L3']);
  await eventually(
    () => (wordsOf(now(lifeguard, parent)).includes('resolved') ? true : undefined),
    'the parent message says resolved',
  );

  // The timer of L4 still rings, and finds nothing to do.
  await lifeguard.fastForward(30 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(2);
  expect(await happened(lifeguard, 'LevelReached')).toHaveLength(2);
  expect(lifeguard.pagerduty.incidents.map((incident) => incident.status)).toEqual(['resolved', 'resolved']);
});

test('a second Acknowledge changes nothing and says who has it', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  await lifeguard.slack.actor.press(PEOPLE.alice, parent, 'Acknowledge');
  await happened(lifeguard, 'Acknowledged');
  await lifeguard.slack.actor.press(PEOPLE.bob, parent, 'Acknowledge');
  await eventually(
    () =>
      lifeguard.slack.workspace
        .ephemerals(PEOPLE.bob)
        .find((one) => one.text.includes('<@U0ALICE> has had it')),
    'Bob is told',
  );
  expect(await happened(lifeguard, 'Acknowledged')).toHaveLength(1);
});
