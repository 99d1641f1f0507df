import { expect, onTestFinished, test } from 'vitest';
import { startHarness, wordsOf } from '../support/lifeguard.ts';
import { lifeguardWith, MINUTE, openThread, paged, pagesOf, quietDatabase, saying } from './story.ts';

test('a bot that was down while levels fell due pages them on start, once each, and says how late', async () => {
  const storeUrl = await quietDatabase();
  const patientUrl = await quietDatabase();
  const before = await startHarness({ storeUrl, patientUrl });
  let stopped = false;
  onTestFinished(async () => {
    if (!stopped) await before.stop();
  });
  const parent = await openThread(before);
  await paged(before, 1);
  const { workspace } = before.slack;
  await before.settled();
  await before.stop();
  stopped = true;

  const after = await lifeguardWith({ storeUrl, patientUrl, aheadMs: 17 * MINUTE, slack: { workspace } });
  expect((await paged(after, 2)).sort()).toEqual(['lifeguard-inc-1-L2', 'lifeguard-inc-1-L3']);
  await after.message(
    'backend-team',
    (one) => /Database administrator\*, 1[12] min.* late/.test(wordsOf(one)),
    'L2 late',
  );
  await after.message(
    'backend-team',
    (one) => /Infrastructure lead\*, [12] min.* late/.test(wordsOf(one)),
    'L3 late',
  );

  await after.fastForward(MINUTE);
  await after.settled();
  expect(pagesOf(after, 'trigger')).toHaveLength(2);
  // The thread goes on where it was, and L1 is not paged a second time.
  expect(saying(after, 'backend-team', '*Level*').map((one) => one.ts)).toEqual([parent.ts]);
});
