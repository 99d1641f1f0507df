import { expect, test } from 'vitest';
import { validateBlocks } from '../../src/console/slack/validate.ts';
import { commonLabels, type StormMember, type StormStanding } from '../../src/incident/storm.ts';
import { stormView } from '../../src/slack/views/storm.ts';

const EVIL = '<!channel> <http://evil|x> *b* `c` & " ';

function member(index: number, more: Partial<StormMember> = {}): StormMember {
  return {
    id: `inc-${index}`,
    title: 'PoolNearlyExhausted',
    startsAt: '2026-03-02T03:00:00.000Z',
    openedAt: '2026-03-02T03:00:01.000Z',
    status: 'open',
    labels: { cluster: 'eu-1', datname: `db-${index}` },
    hasThread: false,
    isWanted: false,
    ...more,
  };
}

function standing(members: readonly StormMember[]): StormStanding {
  const open = members.filter(({ status }) => status === 'open');
  return {
    members,
    open: open.length,
    waiting: open.filter(({ hasThread }) => !hasThread),
    since: '2026-03-02T03:00:00.000Z',
    alerts: [{ name: members[0]?.title ?? '', count: members.length }],
    common: commonLabels(members.map(({ labels }) => labels)),
    isCalm: false,
    isOver: false,
  };
}

const words = (members: readonly StormMember[]): string =>
  JSON.stringify(stormView(standing(members)).blocks);

test.each([6, 150, 1_000])('of %d incidents Slack takes the summary, whatever their labels are', (count) => {
  const link = `https://example.slack.com/archives/C0123456789/p${'1'.repeat(16)}`;
  const members = Array.from({ length: count }, (_none, index) =>
    member(index, {
      title: EVIL.repeat(20),
      labels: { cluster: EVIL.repeat(50), datname: `${EVIL.repeat(30)}${index}` },
      ...(index % 2 === 0 ? { hasThread: true, permalink: link } : {}),
    }),
  );
  const view = stormView(standing(members));
  expect(validateBlocks(view.blocks)).toEqual([]);
  expect(JSON.stringify(view.blocks).length).toBeLessThan(13_200);
  // The menu's words are plain text, which Slack shows as they are.
  const marked = JSON.stringify(view.blocks.filter(({ type }) => type !== 'actions'));
  expect(/<!(?!date\^)|<http:\/\/evil/.exec(`${view.text} ${marked}`)).toBeNull();
});

test('the summary stays below what Slack takes in one message, and gives its links to those that are open', () => {
  const permalink = `https://a-long-name.slack.com/archives/C0123456789/p${'1'.repeat(16)}`;
  const members = Array.from({ length: 150 }, (_none, index) =>
    member(index, {
      hasThread: index < 100,
      ...(index < 100 ? { permalink } : {}),
      status: index < 50 ? 'resolved' : 'open',
    }),
  );
  const said = words(members);
  expect(said.length).toBeLessThan(13_000);
  expect(said).toContain('✅ datname=db-0');
  expect(said).toContain(`🔴 <${permalink}|datname=db-50>`);
  expect(said).toContain('datname=db-149');
});

test('a hundred and fifty are listed by name; of more the rest is counted', () => {
  const members = (count: number) => Array.from({ length: count }, (_none, index) => member(index));
  expect(words(members(150)).match(/⏳ datname=db-/g)).toHaveLength(150);
  expect(words(members(150))).not.toContain('more');
  expect(words(members(1_000))).toContain('and 800 more');
});

test('the small print tells which threads are there, and which follow', () => {
  const there = member(1, { hasThread: true });
  expect(words([there, member(2)])).toContain('threads are there; 1 follow');
  expect(words([there, member(2, { status: 'resolved' })])).toContain(
    'those of what is resolved already follow',
  );
  expect(words([there])).toContain('Each of them has its thread.');
});

test('a name leads to its thread once that is there, until it is resolved', () => {
  const permalink = 'https://example.slack.com/archives/C1/p1';
  const said = words([
    member(1),
    member(2, { hasThread: true, permalink }),
    member(3, { hasThread: true, permalink, status: 'resolved', pool: 'orders' }),
  ]);
  expect(said).toContain('⏳ datname=db-1');
  expect(said).toContain(`🔴 <${permalink}|datname=db-2>`);
  expect(said).toContain('✅ orders');
  expect(said).toContain('3 incidents at once, 2 still open');
  // Only whose thread is waited for can be brought.
  expect(said.match(/"value":"inc-\d"/g)).toEqual(['"value":"inc-1"']);
});
