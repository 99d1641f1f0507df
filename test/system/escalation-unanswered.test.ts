import { expect, test } from 'vitest';
import { wordsOf } from '../support/lifeguard.ts';
import { lifeguardOfQuietPool, MINUTE, openThread, paged, pagesOf, saying } from './story.ts';

/** The contract's four levels, and nobody who answers. */
test('nobody presses: L1 at once, L2 at 5, L3 at 15, L4 at 30 minutes, each paged once and announced', async () => {
  const lifeguard = await lifeguardOfQuietPool();
  const parent = await openThread(lifeguard);
  expect(await paged(lifeguard, 1)).toEqual(['lifeguard-inc-1-L1']);

  await lifeguard.fastForward(4.9 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(1);

  await lifeguard.fastForward(0.2 * MINUTE);
  expect(await paged(lifeguard, 2)).toEqual(['lifeguard-inc-1-L1', 'lifeguard-inc-1-L2']);
  await lifeguard.fastForward(10 * MINUTE);
  expect((await paged(lifeguard, 3)).at(-1)).toBe('lifeguard-inc-1-L3');
  await lifeguard.fastForward(15 * MINUTE);
  expect((await paged(lifeguard, 4)).at(-1)).toBe('lifeguard-inc-1-L4');

  await lifeguard.fastForward(60 * MINUTE);
  await lifeguard.settled();
  expect(pagesOf(lifeguard, 'trigger')).toHaveLength(4);

  const threadTs = parent.ts.replace('.', '');
  for (const channel of ['database-team', 'infrastructure']) {
    const [announcement, ...more] = lifeguard.messages(channel);
    expect(more).toHaveLength(0);
    expect(announcement?.thread_ts).toBeUndefined();
    expect(wordsOf(announcement ?? parent)).toContain('orders');
    expect(wordsOf(announcement ?? parent)).toMatch(new RegExp(`<http[^|>]*${threadTs}\\|Open the thread>`));
  }
  // L1's channel holds the thread itself; the CTO has none, and is named in the thread.
  expect(lifeguard.messages('incidents')).toHaveLength(0);
  expect(saying(lifeguard, 'backend-team', 'CTO', ':pager:').length).toBeGreaterThan(0);
  const [shown] = saying(lifeguard, 'backend-team', '*Level*');
  expect(wordsOf(shown ?? parent)).toContain('4 CTO, paged');
  expect(wordsOf(shown ?? parent)).toContain('+1 555 0100');
  // The page, too, leads to the thread.
  expect(JSON.stringify(lifeguard.pagerduty.pages[1]?.event)).toContain(threadTs);
});
