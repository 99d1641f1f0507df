import { expect, test, vi } from 'vitest';
import { eventually, notification, PEOPLE, wordsOf } from '../support/lifeguard.ts';
import { happened, lifeguardOfQuietPool, openThread, told } from './story.ts';

// Servers are started in each test, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const { alice } = PEOPLE;

test('/pool oncall shows the levels, who has been called, and who is on call at PagerDuty', async () => {
  const lifeguard = await lifeguardOfQuietPool({ rest: true });
  const { actor } = lifeguard.slack;
  await actor.command(alice, 'backend-team', '/pool', 'oncall');
  const calm = await told(lifeguard, alice, 'orders: who is called');
  expect(calm).toContain(
    '*2 Database administrator*  after 5 min unless acknowledged  ·  #database-team, PagerDuty',
  );
  expect(calm).toContain('*Policy L1*  Ada Byron (level 1 until <!date^');
  expect(calm).toContain('Grace Hopper (level 2)');
  expect(calm).toContain('hotline: +1 555 0100');
  expect(calm).not.toContain(':pager:');

  await openThread(lifeguard);
  await eventually(() => lifeguard.app.engine.pager.onCalls.known('orders', 1), 'the names of level 1');
  await actor.command(alice, 'backend-team', '/pool', 'oncall orders');
  const called = await told(lifeguard, alice, 'for inc-1');
  expect(called).toContain('#backend-team, PagerDuty  ·  Ada Byron');
  expect(called).toContain(':hourglass_flowing_sand: next, at <!date^');
  await actor.command(alice, 'backend-team', '/pool', 'oncall nosuch');
  await told(lifeguard, alice, 'There is no pool of that name');
});

test('without PagerDuty’s REST API it says what would bring the names', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  await lifeguard.slack.actor.command(alice, 'backend-team', '/pool', 'oncall');
  await told(lifeguard, alice, 'once PAGERDUTY_API_TOKEN and PAGERDUTY_FROM_EMAIL are set');
});

test('/pool escalate takes a level, a pool and a reason, and asks which incident is meant when it is not clear', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const { actor } = lifeguard.slack;
  await actor.command(alice, 'backend-team', '/pool', 'escalate');
  await told(lifeguard, alice, 'No incident is open');

  // An alert of no pool: the pool of the command has no incident, and the other one is not meant.
  const other = { startsAt: new Date(), labels: { datname: 'other' }, groupKey: 'other', fingerprint: 'f0' };
  await lifeguard.alert(notification(other));
  await happened(lifeguard, 'ThreadOpened');
  await actor.command(alice, 'backend-team', '/pool', 'escalate 2');
  await told(lifeguard, alice, 'No incident of `orders` is open. Open: `inc-1`.');
  await actor.command(
    alice,
    'backend-team',
    '/pool',
    'escalate inc-1 the database is on another team’s host',
  );
  await told(lifeguard, alice, 'Escalated to level 2');
  expect((await happened(lifeguard, 'LevelReached')).at(-1)).toMatchObject({
    level: 2,
    why: 'asked',
    reason: 'the database is on another team’s host',
  });
  await lifeguard.message(
    'incidents',
    (one) => wordsOf(one).includes('escalated: paging level 2, *Database administrator*: the database is on'),
    'the reason in the thread',
  );
  await actor.command(alice, 'backend-team', '/pool', 'escalate inc-99');
  await told(lifeguard, alice, 'There is no incident `inc-99`');
});
