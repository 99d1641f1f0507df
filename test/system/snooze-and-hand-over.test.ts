import { expect, test, vi } from 'vitest';
import type { Message } from '../../src/console/slack/types.ts';
import { eventually, type Harness, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, MINUTE, now, openThread, paged, pagesOf, told } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const { alice, bob, mallory } = PEOPLE;

/** Waits until the message says it. */
function says(lifeguard: Harness, message: Message, words: string): Promise<string> {
  return eventually(
    () => {
      const said = wordsOf(now(lifeguard, message));
      return said.includes(words) ? said : undefined;
    },
    `"${words}"`,
    8_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it says ${wordsOf(now(lifeguard, message))}`);
  });
}

/** Presses a button that opens a modal, and gives the modal. */
async function opened(lifeguard: Harness, who: string, parent: Message, button: string) {
  const { actor, workspace } = lifeguard.slack;
  const before = new Set([...workspace.views(who)].map(({ id }) => id));
  await actor.press(who, now(lifeguard, parent), button);
  return eventually(() => [...workspace.views(who)].find(({ id }) => !before.has(id)), 'the modal');
}

test('Snooze asks why, and puts the next level off by ten minutes, once, for all to see', async () => {
  const lifeguard = await lifeguardOfQuietPool({ atOnce: 'multiple_services: 3' });
  const { actor } = lifeguard.slack;
  const startsAt = new Date();
  const parent = await openThread(lifeguard, { startsAt });
  await paged(lifeguard, 1);
  const modal = await opened(lifeguard, alice, parent, 'Snooze 10 min');
  expect(JSON.stringify(modal)).toContain('Database administrator');
  const empty = await actor.submitView(alice, modal.id, { reason: '  ' });
  expect(JSON.stringify(empty)).toContain('Say why');
  await actor.submitView(alice, modal.id, { reason: 'the restart is under way' });

  const until = Math.floor((startsAt.getTime() + 15 * MINUTE) / 1_000);
  const shown = await says(lifeguard, parent, 'put off by <@U0ALICE>: the restart is under way');
  expect(shown).toContain(`level 2 Database administrator at <!date^${until}^{time_secs}|`);
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes(':zzz: <@U0ALICE> puts level 2 off until'),
    'the note',
  );
  expect(shown).not.toContain('"Snooze 10 min"');

  await lifeguard.fastForward(14 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(1);
  await lifeguard.fastForward(1.1 * MINUTE);
  expect((await paged(lifeguard, 3)).sort()).toEqual([
    'lifeguard-inc-1-L1',
    'lifeguard-inc-1-L2',
    'lifeguard-inc-1-L3',
  ]);
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('no root cause named after 15 min'),
    'why level 3',
  );
  await says(lifeguard, parent, '*Called before*');
});

test('who may not respond snoozes and hands over nothing, and is told so', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const { actor } = lifeguard.slack;
  const parent = await openThread(lifeguard);
  const snooze = await opened(lifeguard, mallory, parent, 'Snooze 10 min');
  await actor.submitView(mallory, snooze.id, { reason: 'sleep' });
  await told(lifeguard, mallory, 'only responders may do this');
  const handOver = await opened(lifeguard, mallory, parent, 'Hand over');
  await actor.submitView(mallory, handOver.id, { person: mallory });
  await eventually(
    async () => ((await happened(lifeguard, 'ActRefused')).length === 2 ? true : undefined),
    'both refusals on the timeline',
  );
});

test('Hand over gives the incident to a person who may respond, mentions them, and the parent says who has it', async () => {
  const lifeguard = await lifeguardOfQuietPool({ rest: true });
  const { actor } = lifeguard.slack;
  const parent = await openThread(lifeguard);
  await actor.press(alice, parent, 'Acknowledge');
  await says(lifeguard, parent, '<@U0ALICE> since');
  const wrong = await opened(lifeguard, alice, parent, 'Hand over');
  await actor.submitView(alice, wrong.id, { person: mallory });
  await told(lifeguard, alice, 'Not handed over to <@U0MALLORY>');
  const right = await opened(lifeguard, alice, parent, 'Hand over');
  await actor.submitView(alice, right.id, { person: bob });
  const shown = await says(lifeguard, parent, '<@U0BOB> since');
  expect(shown).toContain('handed over by <@U0ALICE>');
  expect(shown).toContain('acknowledged by <@U0ALICE>');
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('<@U0ALICE> hands it over to <@U0BOB>'),
    'the note that mentions Bob',
  );
  expect(await happened(lifeguard, 'HandedOver')).toMatchObject([
    { from: { id: alice }, to: { id: bob }, by: { id: alice } },
  ]);
  // Bob's address at Slack is that of Grace Hopper at PagerDuty.
  await lifeguard.message(
    'backend-team',
    (one) => wordsOf(one).includes('PagerDuty, level 1: the page is with Grace Hopper now'),
    'that the page is his too',
  );
  const [page] = lifeguard.pagerduty.incidents;
  expect([page?.status, page?.assignedTo?.map(({ id }) => id)]).toEqual(['triggered', ['PGRACE']]);
});
