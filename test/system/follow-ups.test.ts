import { expect, test, vi } from 'vitest';
import { eventually, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, MINUTE, now, openThread, told } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const { alice, bob, mallory } = PEOPLE;
const DAY = 24 * 60 * MINUTE;

test('after the resolution the runbook’s items are given to people, who are reminded and close them', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const { actor, workspace } = lifeguard.slack;
  const parent = await openThread(lifeguard);
  await actor.press(alice, parent, 'Resolve');
  const list = await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('*After the incident*'),
    'the list',
  );
  expect(list.thread_ts).toBe(parent.ts);
  for (const item of ['Close the leak', 'Put PgBouncer between', 'Code review'])
    expect(wordsOf(list)).toContain(item);

  await actor.press(mallory, list, 'close_follow_up.f1');
  await told(lifeguard, mallory, 'only responders may do this');
  await actor.press(alice, list, 'Assign…');
  const modal = await eventually(() => [...workspace.views(alice)].at(-1), 'the modal');
  const due = new Date(Date.now() + 3 * DAY).toISOString().slice(0, 10);
  await actor.submitView(alice, modal.id, { item: 'f1', person: bob, day: due });
  await eventually(
    () => (wordsOf(now(lifeguard, list)).includes(`<@U0BOB>, by ${due}`) ? true : undefined),
    'the list names Bob',
  );
  await lifeguard.fastForward(4 * DAY);
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('<@U0BOB>: due today, *Close the leak*'),
    'the reminder',
  );

  await actor.press(bob, now(lifeguard, list), 'close_follow_up.f1');
  await eventually(
    () => (wordsOf(now(lifeguard, list)).includes('~Close the leak~ <@U0BOB>') ? true : undefined),
    'it is ticked off',
  );
  expect(await happened(lifeguard, 'FollowUpClosed')).toMatchObject([{ item: 'f1', by: { id: bob } }]);
  expect(await happened(lifeguard, 'FollowUpReminded')).toHaveLength(1);
});
